using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa decisions --log</c>: what it prints of a log, and how it follows one that is being written.</summary>
public sealed class DecisionsCommandTests(DecisionsCommandTests.WrittenLog log) : IClassFixture<DecisionsCommandTests.WrittenLog>
{
    [Fact(Timeout = 120_000)]
    public async Task The_newest_come_oldest_first_twenty_unless_told_otherwise()
    {
        var all = await PrintAsync("--last", "1000");
        Assert.Equal(WrittenLog.Count, all.Length);
        Assert.Equal(all[^20..], await PrintAsync());
        Assert.Equal(all[^7..], await PrintAsync("--last", "7"));
        Assert.Empty(await PrintAsync("--last", "0"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_scene_is_picked_out()
    {
        var hall = await PrintAsync("--scene", "hall");
        var yard = await PrintAsync("--scene", "yard", "--last", "1000");
        Assert.Equal(WrittenLog.Hall, hall.Length);
        Assert.Equal(WrittenLog.Count - WrittenLog.Hall, yard.Length);
        Assert.All(hall, line => Assert.Equal("hall", LoggedDecision.Parse(line).Scene));
        Assert.Empty(await PrintAsync("--scene", "attic"));

        // Those that fired last, in the order in which they were written: on a busy machine that is another.
        var second = hall.Select(line => LoggedDecision.Parse(line).Timestamp).Order().ElementAt(WrittenLog.Hall - 2);
        Assert.Equal(
            hall.Where(line => LoggedDecision.Parse(line).Timestamp >= second), await PrintAsync("--scene", "hall", "--last", "2"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_time_picks_out_what_fired_since()
    {
        var all = await PrintAsync("--last", "1000");
        var times = all.Select(line => LoggedDecision.Parse(line).Timestamp).Order().ToArray();
        var gap = Enumerable.Range(1, times.Length - 1).MaxBy(i => times[i] - times[i - 1]);
        var between = DateTimeOffset.UnixEpoch.AddSeconds((times[gap] + times[gap - 1]) / 2).ToString("O", CultureInfo.InvariantCulture);

        var since = await PrintAsync("--since", between);

        Assert.Equal(all.Where(line => LoggedDecision.Parse(line).Timestamp >= times[gap]), since);
        Assert.Equal(WrittenLog.Count, (await PrintAsync("--since", "1d")).Length);
        Assert.Empty(await PrintAsync("--since", "0s"));
        Assert.Equal(since.Where(line => line.Contains("\"hall\"")), await PrintAsync("--scene", "hall", "--since", between));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_formats_tell_the_same()
    {
        var decisions = (await PrintAsync("--last", "5")).Select(LoggedDecision.Parse).ToArray();
        var csv = await RunAsync("--last", "5", "--format", "csv");
        var table = await RunAsync("--last", "5");

        Assert.Equal(6, csv.Length);
        Assert.Equal(6, table.Length);
        Assert.Equal("timestamp,cause,m,fill_ratio,bytes,lat_mean,p50,p90,p99,tail_factor,pred,gt,correct,acc_running,label", csv[0]);
        foreach (var (decision, row, line) in decisions.Zip(csv[1..], table[1..]))
        {
            var (correct, mark) = decision.Correct ? (1, "✓") : (0, "✗");
            FormattableString begins = $"{decision.Timestamp},{decision.Cause},{decision.M},{decision.FillRatio},{decision.Bytes},";
            FormattableString ends = $"{decision.Pred},{decision.Gt},{correct},{decision.AccRunning},{decision.Label}";
            Assert.Equal(15, row.Split(',').Length);
            Assert.StartsWith(begins.ToString(CultureInfo.InvariantCulture), row);
            Assert.EndsWith(ends.ToString(CultureInfo.InvariantCulture), row);
            Assert.All([decision.Scene, $" {decision.Decision} ", $" {decision.Cause} ", mark], word => Assert.Contains(word, line));
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task Following_prints_each_decision_once_as_it_comes_until_it_is_stopped(PosixSignal signal)
    {
        using var workspace = new Workspace();
        await using var silo = await RunningSilo.StartAsync(workspace, RunningSilo.BySequence(30_000));
        silo.Socket.SendViews(0, 0, 1, 2);
        silo.Socket.SendViews(1, 0, 1, 2);
        await DecisionRows.ReachAsync(workspace, 2);

        await using var follow = ProgramRun.Jtfa(workspace, "decisions", "--log", "--follow", "--last", "1", "--format", "json");
        await Following.PrintsTheLogAsync(follow, silo, workspace, signal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Following_ends_when_whoever_reads_it_has_gone()
    {
        using var workspace = new Workspace();
        await using var silo = await RunningSilo.StartAsync(workspace, RunningSilo.BySequence(30_000));
        using var load = new DecisionLoad(silo.Port, 0, decisionsPerSecond: 50);
        await DecisionRows.ReachAsync(workspace, 1);

        var follow = ProgramRun.StartOf(workspace, ["decisions", "--log", "--follow", "--format", "json"]);
        string[] piped = ["-c", "\"$@\" | head -n 1", "sh", follow.FileName, .. follow.ArgumentList];
        var end = await ProgramRun.ToEndAsync(new ProcessStartInfo("/bin/sh", piped) { WorkingDirectory = workspace.Path });

        Assert.True(end is { ExitCode: 0, Output.Length: 1, Errors: [] }, end.ToString());
    }

    private Task<string[]> PrintAsync(params string[] options) => RunAsync([.. options, "--format", "json"]);

    private async Task<string[]> RunAsync(params string[] options)
    {
        var end = await ProgramRun.JtfaToEndAsync(log.Workspace, ["decisions", "--log", .. options]);
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return end.Output;
    }

    /// <summary>A log of two scenes that a silo wrote.</summary>
    public sealed class WrittenLog : IAsyncLifetime
    {
        internal const int Hall = 10;
        internal const int Count = 40;

        internal Workspace Workspace { get; } = new();

        public async ValueTask InitializeAsync()
        {
            var configuration = Workspace.Write("scenes.json", """
                { "Jtfa": { "Scenes": [
                  { "Name": "hall", "T": 500, "Keying": "Sequence", "Head": "head.npz" },
                  { "Name": "yard", "T": 500, "Keying": "Sequence", "Head": "head.npz" } ] } }
                """);
            await using var silo = await RunningSilo.StartAsync(Workspace, "--scene", "hall", "--config", configuration);
            for (var id = 0; id < Count; id++)
            {
                // Some by K, some by T, which come half a second after the others; every third wrong.
                foreach (var view in id % 5 == 0 ? [0] : new[] { 0, 1, 2 })
                    silo.Socket.Send(id, view, label: id % 10, scene: id < Hall ? "hall" : "yard", truth: id % 3 == 0 ? 10 : id % 10);
            }

            await DecisionRows.ReachAsync(Workspace, Count);
            await silo.StopAsync();
        }

        public ValueTask DisposeAsync()
        {
            Workspace.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
