using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>
/// A cluster under load and one fault after another: fourteen here, a hundred in the long form (<c>./jtfa test --long</c>). The figures go
/// to the test's output; docs/cluster.md has those of the last full run.
/// </summary>
public sealed class FaultScheduleTests(ITestOutputHelper output)
{
    private const int Seed = 20261128;
    private const int Faults = 14; // each kind twice

    // A small disk is mounted in a namespace of the silo's own.
    private static readonly bool s_mounts = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    [Fact(Timeout = 3_600_000)]
    public async Task Faults_lose_and_double_nothing_and_every_scene_decides_soon_after_each()
    {
        await using var stage = await ClusterStage.StartAsync(new ClusterPlan { RateHz = 20, HasSmallDisks = s_mounts });
        await using var schedule = new FaultSchedule(stage, output, Seed);

        var faults = await schedule.RunAsync(LongForm.IsAsked ? 100 : Faults);

        var heard = stage.Cluster.Plan.SceneNames
            .SelectMany(scene => stage.Client.Heard(scene).Select(heard => (scene, heard.Decision))).ToList();
        var logged = await stage.Cluster.ReadLogAsync();
        for (var looks = 0; looks < 20 && heard.Exists(decision => !logged.Numbers.ContainsKey(decision)); looks++)
        {
            await Task.Delay(500, TestContext.Current.CancellationToken); // the last are on their way to the log
            logged = await stage.Cluster.ReadLogAsync();
        }

        var twice = heard.Count - heard.Distinct().Count();
        output.WriteLine($"{heard.Count} decisions heard of, {twice} of them twice; {logged.Numbers.Count} logged");
        Assert.DoesNotContain(heard, decision => !logged.Numbers.ContainsKey(decision));
        Assert.Equal(0, logged.Duplicates);
        Assert.All(faults, fault => Assert.InRange(fault.Recovery, 0, 3));
    }
}
