using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>
/// A cluster under load and one fault after another: each kind once here, a hundred in the long form (<c>./jtfa test --long</c>). The
/// figures go to the test's output; docs/cluster.md has those of the last full run.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class FaultScheduleTests(ITestOutputHelper output)
{
    private const int Seed = 20261128;
    private const int Faults = 9; // each kind once

    [Fact(Timeout = 3_600_000)]
    public async Task Faults_lose_and_double_nothing_and_every_scene_decides_soon_after_each()
    {
        // Decisions are published once they are durable: otherwise a kill may cost those of the last 50 ms.
        string[] sync = ["--set", "Jtfa:Log:Durability=Sync"];
        var plan = new ClusterPlan { RateHz = 20, HasSmallDisks = true, Options = sync };
        await using var stage = await HostsStage.StartAsync(plan);
        await using var schedule = new FaultSchedule(stage, output, Seed);

        var faults = await schedule.RunAsync(LongForm.IsAsked ? 100 : Faults);

        var heard = schedule.Heard();
        var logged = await stage.Cluster.ReadLogAsync();
        for (var looks = 0; looks < 20 && !heard.IsSubsetOf(logged.Numbers.Keys); looks++)
        {
            await Task.Delay(500, TestContext.Current.CancellationToken); // the last are on their way to the log
            logged = await stage.Cluster.ReadLogAsync();
        }

        output.WriteLine($"{heard.Count} decisions heard of; {logged.Numbers.Count} logged");
        Assert.Empty(heard.Except(logged.Numbers.Keys));
        Assert.Equal(0, logged.Duplicates);
        Assert.All(faults, fault => Assert.InRange(fault.Recovery, 0, 3));
    }
}
