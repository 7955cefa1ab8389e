using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>A scene's decisions on its stream, as a client outside the cluster hears of them.</summary>
public sealed class StreamTests
{
    private const int TestTimeout = 180_000;
    private const int Decisions = 300;

    [Fact(Timeout = TestTimeout)]
    public async Task A_client_hears_of_each_decision_once_and_in_the_order_of_the_log()
    {
        var plan = new ClusterPlan { FusionSilos = 2, CameraSilos = 1, Scenes = 2, RateHz = 20 };
        await using var stage = await ClusterStage.StartAsync(plan);
        stage.Client.Follow(plan.SceneNames);
        var (client, scenes) = (stage.Client.Heard, plan.SceneNames);
        await ClusterStage.UntilAsync(() => Task.FromResult(scenes.All(scene => client.Of(scene).Count >= Decisions)));
        var heard = scenes.ToDictionary(scene => scene, scene => client.Of(scene).Select(one => one.Decision).ToList());

        // What was heard last may not be in the log yet.
        await ClusterStage.UntilAsync(
            async () => (await stage.Cluster.ReadLogAsync()).Numbers is var log
                && heard.All(scene => log.ContainsKey((scene.Key, scene.Value[^1]))));
        var (numbers, duplicates) = await stage.Cluster.ReadLogAsync();
        Assert.Equal(0, duplicates);
        foreach (var (scene, decisions) in heard)
        {
            var (first, last) = (numbers[(scene, decisions[0])], numbers[(scene, decisions[^1])]);
            var logged = numbers.Where(row => row.Key.Scene == scene && row.Value >= first && row.Value <= last).OrderBy(row => row.Value)
                .Select(row => row.Key.Decision);
            Assert.Equal(logged, decisions);
        }
    }
}
