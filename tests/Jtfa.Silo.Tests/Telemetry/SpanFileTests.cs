using System.Diagnostics;
using System.Text.Json;
using Jtfa.Silo.Telemetry;
using Jtfa.Silo.Tests.Cameras;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>What a span file has.</summary>
[Collection(WholeSilo.Name)]
public sealed class SpanFileTests : IDisposable
{
    private const double Step = 1e-6; // of a double of seconds since 1970, on the way to a span
    private const double TimerStep = 1e-3; // a timeout may fire so much early: docs/metrics.md

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["spans.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Every_decision_and_commit_is_a_line_whose_times_are_in_order()
    {
        File.WriteAllText(Path, "{\"name\":\"before\"}\n");
        var before = Now();
        await using (var silo = await HostedSilo.StartAsync(null, new() { ["Jtfa:Telemetry:SpanFile"] = Path }))
        {
            using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
            for (var decision = 0; decision < 20; decision++)
                for (var view = 0; view < 3; view++) sender.Send(decision, view: (view + decision) % 4);
            sender.Send(20, view: 3);
            await MetricsServer.CountsAsync(silo, "jtfa_decisions_total", 21);
        }

        var lines = await ReadAsync();
        Assert.Equal("before", lines[0].GetProperty("name").GetString());
        var decisions = lines.Where(line => Name(line) == "decision").OrderBy(line => Tag(line, "decision").GetInt64()).ToList();
        Assert.Equal(Enumerable.Range(0, 21), decisions.Select(line => (int)Tag(line, "decision").GetInt64()));
        Assert.All(decisions, line =>
        {
            var (id, early) = (Tag(line, "decision").GetInt64(), Tag(line, "cause").GetString() == "T" ? TimerStep : 0);
            Assert.Equal(
                (HostedSilo.Scene, id < 20 ? 3 : 1, id < 20 ? "K" : "T"),
                (Tag(line, "scene").GetString(), Tag(line, "m").GetInt32(), Tag(line, "cause").GetString()));
            Assert.Equal((id < 20 ? id : 3) % 4, Tag(line, "opened_by").GetInt64());
            Assert.InRange(Time(line, "start"), before, Event(line, "due") + Step);
            Assert.InRange(Event(line, "due"), Time(line, "start") - Step, Event(line, "fired") + Step + early);
            Assert.InRange(Time(line, "end"), Event(line, "fired") - Step, Now());
        });

        var commits = lines.Where(line => Name(line) == "commit log").ToList();
        Assert.Equal(21, commits.Sum(line => Tag(line, "decisions").GetInt32()));
        Assert.All(commits, line => Assert.InRange(Time(line, "end"), Time(line, "start"), Now()));
        Assert.All(commits, line => Assert.False(line.GetProperty("tags").TryGetProperty("error", out _)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_line_is_written_while_the_silo_runs_and_a_share_of_0_leaves_it_out()
    {
        await using (var silo = await HostedSilo.StartAsync(null, new() { ["Jtfa:Telemetry:SpanFile"] = Path }))
        {
            Send(silo);
            await Condition.HoldsAsync(() => new FileInfo(Path).Length, length => length > 0, "a span is written");
        }

        var length = new FileInfo(Path).Length;
        await using (
            var silo = await HostedSilo.StartAsync(null, new() { ["Jtfa:Telemetry:SpanFile"] = Path, ["Jtfa:Telemetry:TraceRatio"] = "0" }))
        {
            Send(silo);
            await MetricsServer.CountsAsync(silo, "jtfa_log_written_total", 1);
        }

        Assert.Equal(length, new FileInfo(Path).Length);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_collector_gets_them_too()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using (var silo = await HostedSilo.StartAsync(null, new()
        {
            ["Jtfa:Telemetry:SpanFile"] = Path,
            ["Jtfa:Telemetry:OtlpEndpoint"] = collector.Endpoint,
            ["Jtfa:Telemetry:OtlpProtocol"] = "HttpProtobuf",
        }))
        {
            Send(silo);
            await MetricsServer.CountsAsync(silo, "jtfa_decisions_total", 1);
        }

        Assert.Single(await ReadAsync(), line => Name(line) == "decision");
        Assert.Single(collector.SpanNames, name => name == "decision");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_cannot_be_opened_keeps_the_silo_from_starting()
    {
        var fault = await Assert.ThrowsAsync<SiloStartException>(() =>
            HostedSilo.StartAsync(null, new() { ["Jtfa:Telemetry:SpanFile"] = _folder["none/spans.jsonl"] }));
        Assert.Contains($"'{_folder["none/spans.jsonl"]}' cannot be opened", Assert.Single(fault.Lines), StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(fault.InnerException);
    }

    [Fact]
    public async Task What_is_left_out_is_counted_and_told_once()
    {
        using var log = new CollectedLog();
        await using (var file = new SpanFile(Path, new ManualClock(), log.CreateLogger(""), maxWaiting: 2))
        {
            for (var i = 0; i < 5; i++) file.OnEnd(Span($"span {i}", recorded: true));
            file.OnEnd(Span("not sampled", recorded: false));
            Assert.Empty(log.Lines);
        }

        Assert.Equal(["span 0", "span 1"], (await ReadAsync()).Select(Name));
        Assert.Equal($"3 spans are not in {Path}: more ended at once than could be written", Assert.Single(log.From(LogLevel.Warning)));
    }

    [Fact]
    public async Task Times_have_7_decimals_and_text_is_escaped()
    {
        using var log = new CollectedLog();
        await using (var file = new SpanFile(Path, new ManualClock(), log.CreateLogger("")))
        {
            var start = DateTime.UnixEpoch.AddTicks(17_000_000_001_234_500);
            var span = Span("odd \"name\"\n", recorded: true).SetTag("ok", true).SetTag("share", 0.25).SetTag("nothing", null)
                .SetTag("none", double.NaN);
            span.SetStartTime(start).SetEndTime(start.AddTicks(7_654_321));
            span.AddEvent(new ActivityEvent("due", new DateTimeOffset(start.AddTicks(1))));
            file.OnEnd(span);
        }

        Assert.Equal(
            """{"name":"odd \"name\"\n","start":1700000000.1234500,"end":1700000000.8888821,"tags":{"ok":true,"share":0.25,"none":"NaN"},"events":{"due":1700000000.1234501}}""",
            (await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken)).TrimEnd('\n'));
    }

    private static Activity Span(string name, bool recorded) =>
        new(name) { ActivityTraceFlags = recorded ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None };

    private static void Send(HostedSilo silo)
    {
        using var sender = new TokenSender(silo.Gateway.EndPoints[0]);
        for (var view = 0; view < 3; view++) sender.Send(1, view);
    }

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    private static string? Name(JsonElement line) => line.GetProperty("name").GetString();

    private static JsonElement Tag(JsonElement line, string name) => line.GetProperty("tags").GetProperty(name);

    private static double Time(JsonElement line, string name) => line.GetProperty(name).GetDouble();

    private static double Event(JsonElement line, string name) => line.GetProperty("events").GetProperty(name).GetDouble();

    private async Task<List<JsonElement>> ReadAsync() =>
        [.. (
            await File.ReadAllLinesAsync(Path, TestContext.Current.CancellationToken)).Select(line =>
                JsonSerializer.Deserialize<JsonElement>(line))];
}
