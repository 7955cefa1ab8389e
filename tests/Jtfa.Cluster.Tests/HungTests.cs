using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>
/// A silo that hangs, as a paused virtual machine or a machine without memory does: its connections stay, its socket takes tokens, and it
/// answers nothing. The figures go to the test's output; docs/cluster.md has those of the last full run.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class HungTests(ITestOutputHelper output)
{
    [Fact(Timeout = 300_000)]
    public async Task A_silo_that_hangs_for_twenty_seconds_loses_nothing_that_was_published()
    {
        LongForm.Needed(seconds: 150);
        await using var stage = await ClusterStage.StartAsync(new ClusterPlan());
        await using var run = new FailureRun(stage.Cluster, stage.Client, output);
        await run.WarmUpAsync();

        // Who it is matters: where the scenes are, where the cameras send, where Orleans has registered the grains.
        foreach (var member in stage.Cluster.Fusion)
        {
            var hung = await run.MeasureAsync($"{member.Name} hangs for 20 s", () => run.HangAsync(member, TimeSpan.FromSeconds(20)));
            Assert.Equal((0, 0, 0), (hung.MissingRows, hung.DuplicateRows, hung.RunningTwice));
            Assert.InRange(hung.LogGap, 0, 5);
            Assert.InRange(hung.Undecided, 0, 2);
        }
    }
}
