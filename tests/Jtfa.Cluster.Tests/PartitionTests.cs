using System.Globalization;
using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>
/// A fusion silo whose machine is cut off from the others, between network namespaces: both sides live, and both reach the database, over
/// its socket file.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class PartitionTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_warm = TimeSpan.FromSeconds(6);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_silo_that_is_cut_off_ends_and_its_scenes_are_decided_on_the_other_side_once()
    {
        LongForm.Needed(seconds: 30);
        var plan = new ClusterPlan { CameraSilos = 1, RateHz = 20 };
        await using var stage = await HostsStage.StartAsync(plan);
        var cluster = stage.Cluster;
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        double Now() => clock.GetElapsedTime(start).TotalSeconds;
        await using var log = new LogWatch(cluster.ConnectionString, Now);
        log.Start();
        await Task.Delay(s_warm, Cancellation);

        var lost = cluster.Fusion[1];
        var from = Now();
        await stage.Network.ConnectAsync(lost.Host!, isConnected: false, Cancellation);
        Assert.Equal(1, await lost.Program.ExitAsync());
        Assert.Contains("jtfa: Orleans gave this silo up", lost.Program.Errors.Text);
        var ended = Now() - from;
        await stage.Network.ConnectAsync(lost.Host!, isConnected: true, Cancellation);
        await lost.StartAsync();
        await Task.Delay(s_warm, Cancellation);

        var gap = log.LongestGap(plan.SceneNames, from, Now());
        var (logged, captured) = (await cluster.ReadLogAsync(), await cluster.ReadCapturedAsync());
        var undecided = plan.SceneNames.Max(scene => Undecided(scene, logged.Numbers, captured));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"it ended after {ended:F1} s; longest gap in the log {gap:F2} s; {undecided} windows of a scene undecided at most"));
        Assert.Equal(0, logged.Duplicates);
        Assert.InRange(gap, 0, 5);
    }

    // Of those between the first and the last decision.
    private static int Undecided(
        string scene, Dictionary<(string Scene, long Decision), long> logged, HashSet<(string Scene, long Decision)> captured)
    {
        var decided = logged.Keys.Where(decision => decision.Scene == scene).Select(decision => decision.Decision).ToHashSet();
        var (first, last) = (decided.Min(), decided.Max());
        return captured.Count(token =>
            token.Scene == scene && token.Decision > first && token.Decision < last && !decided.Contains(token.Decision));
    }
}
