using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>A silo that is asked to stop: what it has taken is decided and in the log before it goes.</summary>
public sealed class SiloStopTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory(Timeout = 120_000)]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task Windows_that_are_open_fire_before_the_silo_ends(PosixSignal signal)
    {
        const int complete = 200, thin = 50;
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(3000));
        for (var id = 0; id < complete; id++) silo.Socket.SendViews(id, 0, 1, 2);
        for (var id = complete; id < complete + thin; id++) silo.Socket.SendViews(id, 3);
        silo.Socket.SendViews(complete + thin, 0, 1, 2);
        // It was received last, so all windows are open by then.
        await DecisionRows.ReachAsync(_workspace, 1, $"decision = {complete + thin}");

        silo.Program.Signal(signal);
        var exitCode = await silo.Program.ExitAsync(s_limit);

        Assert.Equal(0, exitCode);
        var decisions = await LoggedDecision.AllAsync(_workspace);
        var ids = decisions.Select(decision => decision.Decision).Order();
        Assert.Equal(Enumerable.Range(0, complete + thin + 1).Select(id => (long)id), ids);
        Assert.All(decisions, decision =>
            Assert.Equal(decision.Decision is >= complete and < complete + thin ? ("T", 1) : ("K", 3), (decision.Cause, decision.M)));
        Assert.All(["warn:", "fail:", "crit:"], level => Assert.DoesNotContain(level, silo.Program.Errors.Text));
    }

    [Fact(Timeout = 120_000)]
    public async Task Under_load_every_token_that_it_says_it_received_is_decided_or_counted()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(1000));
        using var load = new DecisionLoad(silo.Port, firstDecision: 0, decisionsPerSecond: 2000);
        await DecisionRows.ReachAsync(_workspace, 1000);

        silo.Program.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await silo.Program.ExitAsync(s_limit));
        var sent = load.Stop();

        var stopped = await silo.Program.Errors.MatchAsync(
            @"Ingress stopped: (?<received>\d+) datagrams received, (?<rejected>\d+) rejected .*, (?<dropped>\d+) dropped .*, " +
            @"(?<undelivered>\d+) tokens");
        long Figure(string name) => long.Parse(stopped.Groups[name].Value, CultureInfo.InvariantCulture);
        var decisions = await LoggedDecision.AllAsync(_workspace);
        Assert.Equal((0, 0, 0), (Figure("rejected"), Figure("dropped"), Figure("undelivered")));
        Assert.Equal(Figure("received"), decisions.Sum(decision => decision.M));
        // Sent in order and received in order: no hole, and at most the last one incomplete.
        Assert.Equal(Enumerable.Range(0, decisions.Length).Select(id => (long)id), decisions.Select(decision => decision.Decision).Order());
        Assert.InRange(decisions.Count(decision => decision.Cause == "T"), 0, 1);
        Assert.True(sent.Count >= decisions.Length, $"{sent.Count} sent, {decisions.Length} decided");
    }

    [Fact(Timeout = 120_000)]
    public async Task Windows_that_would_wait_for_long_do_not_keep_it_from_ending_and_are_told_of()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(60_000));
        silo.Socket.SendViews(1, 0, 1);
        silo.Socket.SendViews(2, 0, 1, 2);
        await DecisionRows.ReachAsync(_workspace, 1, "decision = 2");

        await silo.StopAsync();

        Assert.Equal([2], (await LoggedDecision.AllAsync(_workspace)).Select(decision => decision.Decision));
        Assert.Single(
            silo.Program.Errors.Lines, line =>
                line.Contains("Lane default/1 ends with 1 windows that have not fired and 0 decisions not reported"));
        Assert.Single(silo.Program.Errors.Lines, line => line.Contains("Ingress stopped: 5 datagrams received, 0 rejected"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silo_that_took_nothing_ends_at_once()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(60_000));
        silo.Socket.Send(1, view: 0, label: 0, scene: "attic");

        var clock = Stopwatch.StartNew();
        await silo.StopAsync();

        // It does not wait for the timeout of windows that it does not have, which would be 5 s.
        Assert.True(clock.Elapsed.TotalSeconds < 5, clock.Elapsed.ToString());

        Assert.Empty(await LoggedDecision.AllAsync(_workspace));
    }
}
