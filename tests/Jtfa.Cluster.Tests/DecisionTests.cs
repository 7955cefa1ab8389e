using System.Text.Json;
using Jtfa.Cluster.Tests.Stage;
using Jtfa.Core;
using Jtfa.Grains;

namespace Jtfa.Cluster.Tests;

/// <summary>Decisions of a scene whose tokens come to several silos.</summary>
public sealed class DecisionTests
{
    private const int TestTimeout = 120_000;
    private const int Decisions = 100;

    // T is long: that a decision comes by K shows that all its tokens met.
    private static readonly SceneOptions s_scene = new() { Name = TestCluster.SceneName, K = 4, N = 4, T = 30_000 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Tokens_of_one_decision_that_come_to_two_silos_meet_in_one_window_and_give_one_decision()
    {
        await using var cluster = await TestCluster.StartAsync(s_scene);

        // Two views come to each silo, all at once: so both open the window, if they can.
        await Task.WhenAll(
            from decision in Enumerable.Range(0, Decisions)
            from view in Enumerable.Range(0, 4)
            select AddAsync(cluster, silo: view % 2, decision, view));

        var rows = await cluster.LoggedAsync(Decisions, Cancellation);
        Assert.Equal(Enumerable.Range(0, Decisions).Select(id => (long)id), rows.Select(row => row.Id).Order());
        Assert.All(rows, row => Assert.Equal((FireCause.K, "0 1 2 3"), (row.Cause, string.Join(' ', row.Views))));
        var statistics = await cluster.Scene.GetStatisticsAsync(Cancellation);
        Assert.Equal(
            (Decisions, Decisions * 4L, 0L, 0L), (statistics.Decisions, statistics.Tokens, statistics.Repeated, statistics.Malformed));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Decisions_of_windows_on_both_silos_come_in_order_and_once_to_a_client_and_to_both_silos()
    {
        await using var cluster = await TestCluster.StartAsync(s_scene);
        var followers = await Task.WhenAll(cluster.Silos.Prepend(cluster.Client).Select(TestCluster.FollowAsync));

        // A lane is on the silo that its first token came to.
        await Task.WhenAll(Enumerable.Range(0, Decisions).Select(async decision =>
        {
            for (var view = 0; view < 4; view++) await AddAsync(cluster, silo: decision % 2, decision, view);
        }));

        foreach (var decision in new[] { 0, 1 })
            Assert.Equal(decision, await cluster.SiloOfAsync(TestCluster.Lane(cluster.Client, decision)));
        var rows = await cluster.LoggedAsync(Decisions, Cancellation);
        Assert.Equal(Decisions, rows.Select(row => row.Id).Distinct().Count());

        // One more behind them: so nothing else was published before it.
        for (var view = 0; view < 4; view++) await AddAsync(cluster, silo: 0, Decisions, view);
        rows = await cluster.LoggedAsync(Decisions + 1, Cancellation);
        foreach (var published in followers)
        {
            foreach (var row in rows)
                Assert.Equal(JsonSerializer.Serialize(row), JsonSerializer.Serialize(await published.ReadAsync(Cancellation)));
        }
    }

    private static Task AddAsync(TestCluster cluster, int silo, long decision, int view) =>
        TestCluster.Lane(cluster.Silos[silo], decision).AddAsync(
            SampleTokens.Batch(decision, s_scene.ToPolicy(), new SampleToken(view, TimeProvider.System.UnixSeconds(), Label: 1)));
}
