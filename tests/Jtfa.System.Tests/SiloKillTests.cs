using System.Diagnostics;
using System.Globalization;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>A silo that is killed under load and started again on the same database.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SiloKillTests : IDisposable
{
    // A group commit is 50 ms; the rest is for a machine whose cores have other work.
    private static readonly TimeSpan s_mayBeLost = TimeSpan.FromMilliseconds(500);

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Only_the_last_group_is_lost_and_nothing_is_decided_twice()
    {
        var next = 0;
        for (var round = 0; round < 3; round++)
        {
            var (sent, killedAt) = await RunAndKillAsync(next, decisions: 3000);
            next += sent.Count;
            var logged = DecisionRows.Ids(_workspace).ToHashSet();
            bool IsDue(SentDecision decision) => decision.Complete && Stopwatch.GetElapsedTime(decision.SentAt, killedAt) > s_mayBeLost;
            var due = sent.Where(IsDue).ToList();
            Assert.True(due.Count >= 1000, $"{due.Count} of {sent.Count} decisions were due");
            Assert.Empty(due.Select(decision => decision.Id).Except(logged));
        }

        var decisions = await LoggedDecision.AllAsync(_workspace);
        Assert.Equal(decisions.Length, decisions.DistinctBy(decision => decision.Decision).Count());
        Assert.All(decisions, decision => Assert.Equal(("K", 3, true), (decision.Cause, decision.M, decision.Correct)));
        await AssertCsvAsync(decisions);
    }

    [Fact(Timeout = 120_000)]
    public async Task After_a_restart_deciding_goes_on_and_what_is_logged_stays_as_it_is()
    {
        await using (var killed = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(5000)))
        {
            for (var id = 0; id < 10; id++) killed.Socket.SendViews(id, 0, 1, 2);
            await DecisionRows.ReachAsync(_workspace, 10);
            killed.Program.Kill();
            await killed.Program.ExitAsync();
        }

        var before = await LoggedDecision.LinesAsync(_workspace);
        await using var silo = await RunningSilo.StartAsync(_workspace, RunningSilo.BySequence(5000));
        foreach (var view in new[] { 0, 1, 2 }) silo.Socket.Send(0, view, label: 9);
        silo.Socket.SendViews(20, 0, 1, 2);
        await DecisionRows.ReachAsync(_workspace, 11);
        await silo.StopAsync();

        var after = await LoggedDecision.LinesAsync(_workspace);
        Assert.Equal(before, after[..10]);
        Assert.Equal(20, LoggedDecision.Parse(Assert.Single(after[10..])).Decision);
    }

    [Fact(Timeout = 120_000)]
    public async Task With_synchronous_durability_what_was_followed_is_in_the_log()
    {
        string[] followed;
        string[] sync = ["--set", "Jtfa:Log:Durability=Sync"];
        await using (var silo = await RunningSilo.StartAsync(_workspace, [.. RunningSilo.BySequence(5000), .. sync]))
        await using (var follow = ProgramRun.Jtfa(_workspace, "decisions", "--log", "--follow", "--last", "1000000", "--format", "json"))
        using (new DecisionLoad(silo.Port, 0, decisionsPerSecond: 500))
        {
            await follow.Output.MatchAsync("\"decision\":500,");
            silo.Program.Kill();
            await silo.Program.ExitAsync();
            followed = follow.Output.Lines;
        }

        var logged = (await LoggedDecision.LinesAsync(_workspace)).ToHashSet();
        Assert.Empty(followed.Except(logged));
    }

    private async Task<(IReadOnlyList<SentDecision> Sent, long KilledAt)> RunAndKillAsync(int first, int decisions)
    {
        await using var silo = await RunningSilo.StartAsync(_workspace, [.. RunningSilo.BySequence(5000), "--csv", _workspace["log.csv"]]);
        using var load = new DecisionLoad(silo.Port, first, decisionsPerSecond: 1500);
        await DecisionRows.ReachAsync(_workspace, decisions, $"decision >= {first}");

        var killedAt = Stopwatch.GetTimestamp();
        silo.Program.Kill();
        await silo.Program.ExitAsync();
        return (load.Stop(), killedAt);
    }

    // A row is appended once its decision is committed: a kill may keep the last group's rows from the file, but no more.
    private async Task AssertCsvAsync(LoggedDecision[] decisions)
    {
        var lines = await File.ReadAllLinesAsync(_workspace["log.csv"], TestContext.Current.CancellationToken);
        var timestamps = lines[1..].Select(line => line.Split(',')).Select(fields =>
        {
            Assert.Equal(15, fields.Length);
            return double.Parse(fields[0], CultureInfo.InvariantCulture);
        }).ToList();
        Assert.StartsWith("timestamp,cause,", lines[0]);
        Assert.Empty(timestamps.Except(decisions.Select(decision => decision.Timestamp)));
        Assert.InRange(timestamps.Count, decisions.Length - 3000, decisions.Length);
    }
}
