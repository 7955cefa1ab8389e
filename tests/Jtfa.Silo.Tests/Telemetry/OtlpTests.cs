using System.Net;
using System.Net.Sockets;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>What a collector gets.</summary>
[Collection(WholeSilo.Name)]
public sealed class OtlpTests
{
    private const string Never = "3600000";

    [Theory(Timeout = 120_000)]
    [InlineData("Grpc")]
    [InlineData("HttpProtobuf")]
    public async Task What_was_not_sent_yet_is_sent_when_the_silo_stops(string protocol)
    {
        await using var collector = await OtlpReceiver.StartAsync(grpc: protocol == "Grpc");
        await using (var silo = await StartAsync(new()
        {
            ["Jtfa:Telemetry:OtlpEndpoint"] = collector.Endpoint,
            ["Jtfa:Telemetry:OtlpProtocol"] = protocol,
            ["Jtfa:Telemetry:ExportInterval"] = Never,
            ["Jtfa:Telemetry:TraceRatio"] = "1",
        }))
        {
            await DecideAsync(silo, decisions: 3);
        }

        string[] expected = ["jtfa.decisions", "jtfa.decision.latency", "jtfa.ingress.received", "jtfa.log.written", "jtfa.ingress.pending",
            "dotnet.process.memory.working_set"];
        Assert.Superset(expected.ToHashSet(), collector.MetricNames.ToHashSet());
        Assert.Contains(("service.name", "jtfa"), collector.Resource);
        Assert.Equal(3, collector.SpanNames.Count(name => name == "decision"));
        Assert.Contains("commit log", collector.SpanNames);
        Assert.Contains(HostedSilo.Scene, collector.SpanTexts);
    }

    [Fact(Timeout = 120_000)]
    public async Task OpenTelemetrys_own_variables_turn_it_on()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using (var silo = await StartAsync(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "100",
            ["OTEL_SERVICE_NAME"] = "porch",
            ["OTEL_TRACES_SAMPLER"] = "always_off",
        }))
        {
            await DecideAsync(silo, decisions: 1);
            await Condition.HoldsAsync(
                () => collector.MetricNames.Count(
                    name => name == "jtfa.decisions"), times => times > 1, "metrics are sent again and again");
        }

        Assert.Contains(("service.name", "porch"), collector.Resource);
        Assert.Empty(collector.SpanNames);
    }

    [Fact(Timeout = 120_000)]
    public async Task By_default_nothing_is_sent()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using (var silo = await StartAsync(new() { ["Jtfa:Telemetry:ExportInterval"] = "100" }))
        {
            await DecideAsync(silo, decisions: 1);
            Assert.DoesNotContain(silo.Log.Lines, line => line.Contains("OTLP", StringComparison.Ordinal));
        }

        Assert.Empty(collector.MetricNames);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_collector_that_is_away_is_told_and_harms_nothing()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();
        await using var silo = await StartAsync(new()
        {
            ["Jtfa:Telemetry:OtlpEndpoint"] = $"http://127.0.0.1:{port}",
            ["Jtfa:Telemetry:OtlpProtocol"] = "HttpProtobuf",
            ["Jtfa:Telemetry:ExportInterval"] = "100",
        });
        await DecideAsync(silo, decisions: 3);
        var lines = await Condition.HoldsAsync(() => silo.Log.From(LogLevel.Warning), lines => lines.Count > 0, "the operator is told");
        Assert.All(lines, line => Assert.StartsWith("Metrics or traces were not sent: ", line, StringComparison.Ordinal));
        Assert.Contains($"127.0.0.1:{port}", lines[0], StringComparison.Ordinal);
    }

    private static Task<HostedSilo> StartAsync(Dictionary<string, string?> settings) => HostedSilo.StartAsync(null, settings);

    private static async Task DecideAsync(HostedSilo silo, int decisions)
    {
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        for (var decision = 0; decision < decisions; decision++)
            for (var view = 0; view < 3; view++) sender.Send(decision, view);
        await MetricsServer.CountsAsync(silo, "jtfa_decisions_total", decisions);
    }
}
