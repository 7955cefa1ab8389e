using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

public class SceneGrainTests
{
    private const int TestTimeout = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Decisions_are_logged_published_and_shown_in_one_order()
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();

        await Task.WhenAll(
            Enumerable.Range(0, 200).Select(id => silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: id % 3 == 0 ? 1 : 2))));

        await DecisionOrder.ExpectOneOrderAsync(silo, published, 200);
        DecisionOrder.ExpectRunningAccuracy(silo.Log.Rows, default);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_decision_reported_twice_is_counted_once()
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 1, gt: 1));
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 1, gt: 2));
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 2, gt: 1));

        var statistics = await silo.Scene.GetStatisticsAsync(Cancellation);
        Assert.Equal((2, 2, 1, 1.0), (statistics.Decisions, statistics.ByK, statistics.Repeated, statistics.Accuracy));
        await DecisionOrder.ExpectOneOrderAsync(silo, published, 2);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_is_counted_is_what_was_decided()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 1, gt: 1) with { DueAt = silo.Now - 0.5 });
        await silo.Scene.ReportAsync(
            SampleDecision.Create(silo, 2, gt: 2) with
            {
                Cause = FireCause.T,
                M = 1,
                FillRatio = 0.25,
                Views = [3],
                LatMean = 0.3,
                DueAt = silo.Now - 2,
            });
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 3, gt: -1) with { M = 5, FillRatio = 1.25, Views = [1, 2, 3, 4, 5] });
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 4, gt: -1) with { Views = [1, 1, 2] });
        await silo.Scene.CloseAsync(new WindowTally(1, 2, 3, 0, []));
        await silo.Scene.CloseAsync(new WindowTally(10, 20, 30, 1, []));

        var seen = await silo.Scene.GetStatisticsAsync(Cancellation);

        Assert.Equal((4, 3, 1, 12, 1200), (seen.Decisions, seen.ByK, seen.ByT, seen.Tokens, seen.Bytes));
        Assert.Equal((11, 22, 33, 0, 2), (seen.Late, seen.Duplicates, seen.Surplus, seen.Repeated, seen.Malformed));
        Assert.Equal((0.75 + 0.25 + 1.25 + 0.75) / 4, seen.FillRatio, 1e-12);
        Assert.Equal(0.5, seen.Accuracy);
        Assert.Equal((4, 3, 1), (seen.Latency.Count, seen.FireLatency.Count, seen.TimeoutLateness.Count));
        Assert.Equal(0.3, seen.Latency.Max);
        Assert.Equal(0.5, seen.FireLatency.Max, 1e-6);
        Assert.Equal(2, seen.TimeoutLateness.Max, 1e-6);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_that_has_seen_nothing_says_so()
    {
        await using var silo = await TestSilo.StartAsync();

        var statistics = await silo.Scene.GetStatisticsAsync(Cancellation);

        Assert.Equal((0L, 0L), (statistics.Decisions, statistics.Latency.Count));
        Assert.True(double.IsNaN(statistics.Accuracy) && double.IsNaN(statistics.FillRatio) && double.IsNaN(statistics.Latency.P99));
        Assert.Empty(await silo.Scene.GetRecentAsync(10, Cancellation));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_last_decisions_are_shown_oldest_first_and_no_more_than_a_thousand()
    {
        await using var silo = await TestSilo.StartAsync();
        for (var id = 0; id < 1005; id++) await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: -1));

        Assert.Equal([1002, 1003, 1004], (await silo.Scene.GetRecentAsync(3, Cancellation)).Select(decision => decision.Id));
        var all = await silo.Scene.GetRecentAsync(5000, Cancellation);
        Assert.Equal(Enumerable.Range(5, 1000).Select(id => (long)id), all.Select(decision => decision.Id));
        Assert.Empty(await silo.Scene.GetRecentAsync(0, Cancellation));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => silo.Scene.GetRecentAsync(-1, Cancellation));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_running_accuracy_goes_on_where_the_log_ends()
    {
        var before = new SceneTotals(20, 10, 4);
        var log = new MemoryDecisionLog { Before = before };
        await using (var silo = await TestSilo.StartAsync(log: log))
        {
            await silo.Scene.ReportAsync(SampleDecision.Create(silo, 1, gt: 1));
            Assert.Equal(5 / 11.0, Assert.Single(log.Rows).AccRunning);
        }

        // The scene comes up elsewhere.
        await using var next = await TestSilo.StartAsync(log: log);
        Assert.Equal(5 / 11.0, (await next.Scene.GetStatisticsAsync(Cancellation)).Accuracy);
        await next.Scene.ReportAsync(SampleDecision.Create(next, 2, gt: -1));
        await next.Scene.ReportAsync(SampleDecision.Create(next, 3, gt: 2));

        DecisionOrder.ExpectRunningAccuracy(log.Rows, before);
        Assert.Equal(5 / 12.0, log.Rows[^1].AccRunning);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_that_moves_goes_on_with_what_it_has_logged()
    {
        var log = new MemoryDecisionLog();
        await using (var silo = await TestSilo.StartAsync(log: log))
            for (var id = 0; id < 1500; id++) await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: id % 3 == 0 ? 1 : 2));

        await using var next = await TestSilo.StartAsync(log: log);
        var published = await next.FollowAsync();
        var shown = await next.Scene.GetRecentAsync(5000, Cancellation);
        // a window that heard nothing of the first time
        foreach (var id in (long[])[0, 1499, 700]) await next.Scene.ReportAsync(SampleDecision.Create(next, id, gt: 1));
        await next.Scene.ReportAsync(SampleDecision.Create(next, 1500, gt: 1));

        Assert.Equal(Enumerable.Range(500, 1000).Select(id => (long)id), shown.Select(decision => decision.Id));
        Assert.Equal(Enumerable.Range(0, 1501).Select(id => (long)id), log.Rows.Select(row => row.Id));
        DecisionOrder.ExpectRunningAccuracy(log.Rows, default);
        Assert.Equal(1500, (await published.ReadAsync(Cancellation)).Id);
        Assert.False(published.TryRead(out _));
        var statistics = await next.Scene.GetStatisticsAsync(Cancellation);
        Assert.Equal((1, 3, 501 / 1501.0), (statistics.Decisions, statistics.Repeated, statistics.Accuracy));
        Assert.Equal(1500, Assert.Single(await next.Scene.GetRecentAsync(1, Cancellation)).Id);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_recognises_what_others_of_its_last_minute_were_logged_beyond_those_it_shows()
    {
        var log = new MemoryDecisionLog { Keys = [.. Enumerable.Range(0, 100_000).Select(id => new DecisionKey(0, id))] };
        await using var silo = await TestSilo.StartAsync(log: log);
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 0, gt: 1));
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 99_999, gt: 1));
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 100_000, gt: 1));

        Assert.Equal(100_000, Assert.Single(log.Rows).Id);
        Assert.Equal(2, (await silo.Scene.GetStatisticsAsync(Cancellation)).Repeated);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task An_unknown_scene_says_which_are_known()
    {
        await using var silo = await TestSilo.StartAsync();

        var fault = await Assert.ThrowsAsync<SceneNotFoundException>(
            () => silo.Grains.GetGrain<ISceneGrain>("attic").GetRoutingAsync(Cancellation));
        Assert.Contains("'attic'", fault.Message, StringComparison.Ordinal);
        Assert.Contains(TestSilo.SceneName, fault.Message, StringComparison.Ordinal);
    }
}
