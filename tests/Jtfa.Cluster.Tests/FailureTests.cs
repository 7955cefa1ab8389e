using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>
/// Three fusion silos and two camera silos as real processes on a real PostgreSQL, 4 scenes × 4 views × 50 Hz, and what becomes of the
/// decisions when silos are killed, restarted one after another, and lose their database. The figures go to the test's output:
/// docs/cluster.md has those of the last full run, and the command.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class FailureTests(ITestOutputHelper output)
{
    private const int TestTimeout = 600_000;

    // Seconds.
    private static int Steady => LongForm.IsAsked ? 15 : 5;

    private static int Outage => LongForm.IsAsked ? 20 : 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Silos_are_killed_and_restarted_and_the_database_goes_away_and_every_scene_decides_on()
    {
        await using var stage = await ClusterStage.StartAsync(new ClusterPlan());
        var (cluster, database) = (stage.Cluster, stage.Database);
        await using var run = new FailureRun(cluster, stage.Client, output);
        await run.WarmUpAsync();

        var steady = await run.MeasureAsync($"steady for {Steady} s", () => Task.Delay(TimeSpan.FromSeconds(Steady), Cancellation));
        var first = await run.MeasureAsync("kill -9 of one fusion silo", () => run.KillAsync(cluster.Fusion[0]));
        var second = await run.MeasureAsync("kill -9 of a second", () => run.KillAsync(cluster.Fusion[1]));
        var restart = await run.MeasureAsync(
            "both started again", () => Task.WhenAll(cluster.Fusion[0].StartAsync(), cluster.Fusion[1].StartAsync()));
        var rolling = await run.MeasureAsync("rolling restart of all five", run.RestartAllAsync);
        var outage = await run.MeasureAsync($"PostgreSQL stopped for {Outage} s", async () =>
        {
            await database.StopAsync();
            await Task.Delay(TimeSpan.FromSeconds(Outage), Cancellation);
            await database.StartAgainAsync(Cancellation);
        });
        run.WriteMemory();

        Assert.All(
            [steady, first, second, restart, rolling, outage], step => Assert.Equal((0, 0), (step.DuplicateRows, step.RunningTwice)));
        Assert.All([first, second], step => Assert.InRange(step.LogGap, 0, 3));
        Assert.All([first, second], step => Assert.InRange(step.StreamGap, 0, 10));
        Assert.All([steady, restart, rolling, outage], step => Assert.Equal(0, step.MissingRows));
        Assert.InRange(rolling.LogGap, 0, 1);
        Assert.InRange(outage.StreamGap, 0, 0.5);
    }
}
