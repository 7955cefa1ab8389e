using Jtfa.Client;
using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>A scene's decisions on its stream, as a client outside the cluster hears of them.</summary>
public sealed class StreamTests
{
    private const int TestTimeout = 180_000;
    private const int Decisions = 300;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(25);

    // Longer than that after which a follower reads the log.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(6);

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

    // A stream that is silent is checked against the log, which is away with the database.
    [Fact(Timeout = TestTimeout)]
    public async Task A_client_that_follows_goes_on_after_a_silence_while_the_database_was_away()
    {
        var plan = new ClusterPlan { FusionSilos = 2, CameraSilos = 1, Scenes = 2, RateHz = 20 };
        await using var stage = await ClusterStage.StartAsync(plan);
        var (heard, scenes) = (stage.Client.Heard, plan.SceneNames.ToArray());
        stage.Client.Follow(scenes);
        await heard.AllDecideAfterAsync(scenes, heard.Now, s_patience);
        await stage.Cluster.Cameras[0].StopAsync();
        await stage.Database.StopAsync();

        var told = await Assert.ThrowsAsync<JtfaUnavailableException>(
            () => stage.Client.Jtfa.GetDecisionAsync(scenes[0], 1, TestContext.Current.CancellationToken));
        Assert.Contains("the cluster cannot serve now", told.Message, StringComparison.Ordinal);
        Assert.Contains("it cannot be reached", told.Message, StringComparison.Ordinal);
        await Task.Delay(s_silence, TestContext.Current.CancellationToken);

        await stage.Database.StartAgainAsync(TestContext.Current.CancellationToken);
        await stage.Cluster.Cameras[0].StartAsync();
        await heard.AllDecideAfterAsync(scenes, heard.Now, s_patience);
    }
}
