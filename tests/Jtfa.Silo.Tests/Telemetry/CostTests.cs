using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Tests.Ingress;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>What it costs to be listened to, on the path of each token.</summary>
[Collection(WholeSilo.Name)]
public sealed class CostTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_token_allocates_no_more_while_metrics_are_collected()
    {
        using var metrics = Sdk.CreateMeterProviderBuilder().AddMeter(JtfaNames.Meter.Name).AddPrometheusExporter().Build();
        await using var stage = await GatewayStage.StartAsync(records: false);
        var sender = stage.Sender();
        var (few, many, rejected) = (0L, 0L, 0L);
        for (var round = 0; round < 5; round++)
        {
            // The first rounds compile, and make the series.
            few = await AllocationTests.AllocatedByAsync(stage, sender, () => AllocationTests.SendViews(sender, 10));
            many = await AllocationTests.AllocatedByAsync(stage, sender, () => AllocationTests.SendViews(sender, 200));
            rejected = await AllocationTests.AllocatedByAsync(stage, sender, () =>
            {
                for (var i = 0; i < 100; i++) sender.Send([0xc1]);
            });
        }

        Assert.Equal(TokenBlock.Size(AxisHead.Dimension, 200) - TokenBlock.Size(AxisHead.Dimension, 10), many - few);
        Assert.Equal(0, rejected);
    }

    [Fact]
    public void A_token_of_a_camera_allocates_nothing_for_a_span_that_nobody_listens_to()
    {
        Assert.False(JtfaNames.Spans.HasListeners());
        var (camera, now) = (new CameraConfig(), DateTimeOffset.UtcNow);
        TokenSpan.Record(camera, 1, 1, now, now, now, now);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) TokenSpan.Record(camera, i, i, now, now, now, now);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
