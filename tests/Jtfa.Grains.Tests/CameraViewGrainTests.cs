using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Testing.Processes;

namespace Jtfa.Grains.Tests;

public class CameraViewGrainTests
{
    private const int TestTimeout = 60_000;

    internal static readonly CameraConfig Config = new()
    {
        Scene = TestSilo.SceneName,
        Camera = "gate",
        View = 3,
        Source = new FrameSourceConfig
        {
            Kind = FrameSourceKind.Random,
            Seed = 5,
            Transform = new ViewTransform { Crop = new FractionRectangle(0, 0, 0.5, 1) },
        },
        Encoding = TokenEncoding.PsMix,
        RateHz = 12.5,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_camera_that_its_silo_has_not_configured_is_idle_and_nobody_can_start_it()
    {
        await using var silo = await TestSilo.StartAsync();

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => silo.Camera("gate").StartAsync(Cancellation));
        await silo.Camera("gate").StopAsync(Cancellation);

        Assert.Contains($"'{TestSilo.SceneName}/gate' is not configured", fault.Message, StringComparison.Ordinal);
        Assert.Equal(new CameraStatus(), await silo.Camera("gate").GetStatusAsync(Cancellation));
        Assert.False(silo.Cameras.Started.TryRead(out _));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_configured_camera_captures_from_its_first_call_on_and_the_status_tells_how_it_goes()
    {
        await using var silo = await StartAsync();
        await silo.Camera("gate").GetStatusAsync(Cancellation);

        var pipeline = await silo.Cameras.Started.ReadAsync(Cancellation);
        pipeline.Status = new CameraStatus { Running = true, Sent = 7, Missed = 2, Bytes = 700, MeanPrepareMs = 1.5 };

        Assert.Equal(Config, pipeline.Config);
        Assert.Equal(pipeline.Status with { Config = Config }, await silo.Camera("gate").GetStatusAsync(Cancellation));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Starting_a_camera_that_captures_changes_nothing()
    {
        await using var silo = await StartAsync();
        await silo.Camera("gate").StartAsync(Cancellation);
        var pipeline = await silo.Cameras.Started.ReadAsync(Cancellation);

        await silo.Camera("gate").StartAsync(Cancellation);

        Assert.False(pipeline.IsDisposed);
        Assert.False(silo.Cameras.Started.TryRead(out _));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Stop_ends_the_capture_and_start_begins_it_again()
    {
        await using var silo = await StartAsync();
        await silo.Camera("gate").GetStatusAsync(Cancellation);
        var pipeline = await silo.Cameras.Started.ReadAsync(Cancellation);

        await silo.Camera("gate").StopAsync(Cancellation);

        Assert.True(pipeline.IsDisposed);
        Assert.Equal(new CameraStatus { Config = Config }, await silo.Camera("gate").GetStatusAsync(Cancellation));

        await silo.Camera("gate").StartAsync(Cancellation);

        Assert.Equal(Config, (await silo.Cameras.Started.ReadAsync(Cancellation)).Config);
        Assert.True((await silo.Camera("gate").GetStatusAsync(Cancellation)).Running);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_catalog_takes_no_camera_with_faults_and_says_all_of_them()
    {
        await using var silo = await StartAsync();

        var fault = Assert.Throws<ArgumentException>(
            () => silo.Cameras.Catalog.Set(Config with { RateHz = 0, View = -1, Destination = "nowhere" }));

        foreach (var named in new[] { "RateHz=0", "View=-1", "Destination='nowhere'" })
            Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Equal(Config, silo.Cameras.Catalog.Find(Config.ViewName));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Capture_ends_with_the_activation_and_the_next_captures_by_what_is_configured_then()
    {
        var storage = new KeptStorage();
        PipelineFake first;
        await using (var silo = await StartAsync(storage))
        {
            await silo.Camera("gate").GetStatusAsync(Cancellation);
            first = await silo.Cameras.Started.ReadAsync(Cancellation);
            Assert.False(first.IsDisposed);
        }

        Assert.True(first.IsDisposed);
        await using var next = await TestSilo.StartAsync(storage: storage);
        next.Cameras.Catalog.Set(Config with { RateHz = 30 });
        var status = await next.Camera("gate").GetStatusAsync(Cancellation);
        Assert.Equal((true, 30.0), (status.Running, status.Config?.RateHz));
        Assert.Equal(30, (await next.Cameras.Started.ReadAsync(Cancellation)).Config.RateHz);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_stopped_camera_stays_stopped()
    {
        var storage = new KeptStorage();
        await using (var silo = await StartAsync(storage)) await silo.Camera("gate").StopAsync(Cancellation);

        await using var next = await StartAsync(storage);
        Assert.Equal(new CameraStatus { Config = Config }, await next.Camera("gate").GetStatusAsync(Cancellation));
        Assert.False(next.Cameras.Started.TryRead(out _));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_capture_at_fault_is_left_to_try_again_and_a_start_tries_at_once()
    {
        await using var silo = await StartAsync();
        await silo.Camera("gate").StartAsync(Cancellation);
        var first = await silo.Cameras.Started.ReadAsync(Cancellation);
        first.Status = first.Status with { Fault = "/dev/video0: no such device" };

        silo.Advance(10_000);
        var status = await silo.Camera("gate").GetStatusAsync(Cancellation);
        Assert.Equal((true, "/dev/video0: no such device"), (status.Running, status.Fault));
        await Condition.HoldsAsync(() => ToldAsync(silo), told => told == status.Fault, "its scene is told the fault");
        Assert.False(silo.Cameras.Started.TryRead(out _));

        await silo.Camera("gate").StartAsync(Cancellation);
        var second = await silo.Cameras.Started.ReadAsync(Cancellation);
        Assert.True(first.IsDisposed && !second.IsDisposed);
        Assert.Null((await silo.Camera("gate").GetStatusAsync(Cancellation)).Fault);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_source_that_is_exhausted_is_not_started_again()
    {
        await using var silo = await StartAsync();
        await silo.Camera("gate").StartAsync(Cancellation);
        (await silo.Cameras.Started.ReadAsync(Cancellation)).Exhaust();

        for (var second = 0; second < 3; second++)
        {
            silo.Advance(1000);

            // Waits its turn behind the watch's.
            Assert.False((await silo.Camera("gate").GetStatusAsync(Cancellation)).Running);
        }

        Assert.False(silo.Cameras.Started.TryRead(out _));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_could_not_be_remembered_is_tried_again()
    {
        var storage = new KeptStorage();
        await using var silo = await StartAsync(storage);
        await silo.Camera("gate").GetStatusAsync(Cancellation);
        storage.IsAway = true;
        await Assert.ThrowsAsync<OrleansException>(() => silo.Camera("gate").StopAsync(Cancellation));
        storage.IsAway = false;
        await silo.Camera("gate").StopAsync(Cancellation);
        Assert.True((await silo.Cameras.Started.ReadAsync(Cancellation)).IsDisposed);

        storage.IsAway = true;
        await Assert.ThrowsAsync<OrleansException>(() => silo.Camera("gate").StartAsync(Cancellation));
        Assert.False((await silo.Camera("gate").GetStatusAsync(Cancellation)).Running);
        storage.IsAway = false;

        await using var next = await StartAsync(storage);
        Assert.Equal(new CameraStatus { Config = Config }, await next.Camera("gate").GetStatusAsync(Cancellation));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Only_a_camera_that_does_not_run_is_collected_when_nobody_asks(bool runs, int activations)
    {
        var storage = new KeptStorage();
        await using var silo = await StartAsync(storage);
        await silo.Camera("gate").StartAsync(Cancellation);
        if (!runs) await silo.Camera("gate").StopAsync(Cancellation);

        await silo.StayIdleAsync(Cancellation);

        await silo.Camera("gate").GetStatusAsync(Cancellation);
        Assert.Equal(activations, storage.ReadsOf("camera"));
    }

    private static async Task<string?> ToldAsync(TestSilo silo)
    {
        silo.Advance(1000);
        return (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0), Cancellation)).Cameras.SingleOrDefault()?.Fault;
    }

    private static async Task<TestSilo> StartAsync(KeptStorage? storage = null)
    {
        var silo = await TestSilo.StartAsync(storage: storage);
        silo.Cameras.Catalog.Set(Config);
        return silo;
    }
}
