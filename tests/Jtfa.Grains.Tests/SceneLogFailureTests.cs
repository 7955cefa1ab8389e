using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>The log fails; decisions wait in their lanes, and come once.</summary>
public class SceneLogFailureTests
{
    private const int TestTimeout = 60_000;

    private static readonly ScenePolicy s_policy = TestSilo.SceneOf().ToPolicy();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_decision_that_the_log_did_not_take_comes_when_the_log_is_back()
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        silo.Log.IsAway = _ => true;
        await silo.AddAsync(7, s_policy, [.. Enumerable.Range(0, 3).Select(view => new SampleToken(view, silo.Now, Label: 1))]);
        await silo.Log.Attempts.ReadAsync(Cancellation);
        Assert.Empty(await silo.Scene.GetRecentAsync(10, Cancellation));
        var away = await silo.Scene.GetStatisticsAsync(Cancellation);

        silo.Log.IsAway = _ => false;

        var back = await silo.StatisticsInTimeAsync(statistics => statistics.Decisions > 0, Cancellation);
        Assert.Equal((0, 0, 0), (away.Decisions, away.Tokens, away.Repeated));
        Assert.True(double.IsNaN(away.Accuracy));
        Assert.Equal((1, 3, 0, 1.0), (back.Decisions, back.Tokens, back.Repeated, back.Accuracy));
        await DecisionOrder.ExpectOneOrderAsync(silo, published, 1);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_decision_is_kept_as_long_as_the_log_is_away_and_its_window_goes_in_its_time_and_tells_of_late_tokens()
    {
        await using var silo = await TestSilo.StartAsync();
        var opened = silo.Now;
        silo.Log.IsAway = _ => true;
        await silo.AddAsync(7, s_policy, new SampleToken(0, opened));
        silo.Advance(120);
        await silo.Log.Attempts.ReadAsync(Cancellation);
        for (var late = 0; late < 5; late++) await silo.AddAsync(7, s_policy, new SampleToken(1, opened));

        // It asks again and again: ten times T + linger pass.
        for (var attempt = 0; attempt < 50; attempt++) await silo.AttemptInTimeAsync(Cancellation);
        Assert.True(silo.Now >= opened + 3.7);
        var away = await silo.StatisticsWhenAsync(seen => seen.Late > 0, Cancellation);
        silo.Log.IsAway = _ => false;
        var statistics = await silo.StatisticsInTimeAsync(seen => seen.Decisions > 0, Cancellation);

        Assert.Equal((0, 5), (away.Decisions, away.Late));
        Assert.Equal((1, 1, 5, 0), (statistics.ByT, statistics.Tokens, statistics.Late, statistics.Repeated));
        Assert.Equal(opened + 0.12, Assert.Single(silo.Log.Rows).Timestamp, 1e-6);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task With_a_log_that_fails_at_random_every_decision_comes_once_and_in_order(int seed)
    {
        const int Windows = 40;
        var random = new Random(seed);
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        silo.Log.IsAway = _ => random.Next(3) > 0;
        await Task.WhenAll(
            Enumerable.Range(0, Windows)
                .Select(
                    id => silo.AddAsync(
                        id, s_policy, [.. Enumerable.Range(0, 3).Select(view => new SampleToken(view, silo.Now, Label: id % 4))])));

        // Each lane asks again 100 ms after it was refused, for as long as it takes.
        var statistics = await silo.StatisticsInTimeAsync(seen => seen.Decisions == Windows, Cancellation);
        silo.Log.IsAway = _ => false;
        await DecisionOrder.ExpectOneOrderAsync(silo, published, Windows);
        DecisionOrder.ExpectRunningAccuracy(silo.Log.Rows, default);
        Assert.Equal((Windows * 3L, 0L, 0.25), (statistics.Tokens, statistics.Repeated, statistics.Accuracy));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_failed_append_holds_up_none_of_those_behind_it()
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        silo.Log.Holds = true;
        var reports = await ReportHeldAsync(silo, 1, 2, 3);

        silo.Log.Settle(taken: false);
        silo.Log.Settle(taken: true);
        silo.Log.Settle(taken: true);

        var refused = await reports[0];
        Assert.Equal([1], refused);
        Assert.All(await Task.WhenAll(reports[1..]), Assert.Empty);
        silo.Log.Holds = false;
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 1, gt: 1));
        Assert.Equal([2, 3, 1], silo.Log.Rows.Select(row => row.Id));
        Assert.Equal((3, 0), await CountsAsync(silo));
        await DecisionOrder.ExpectOneOrderAsync(silo, published, 3);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_report_repeated_while_the_first_is_under_way_fares_as_the_first(bool taken)
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        silo.Log.Holds = true;
        var reports = await ReportHeldAsync(silo, 1);
        var repeated = silo.Scene.ReportAsync(new LaneReport([SampleDecision.Create(silo, 1, gt: 2)], []));
        await silo.StatisticsWhenAsync(statistics => statistics.Repeated == 1, Cancellation);
        Assert.False(repeated.IsCompleted);

        silo.Log.Settle(taken);

        long[] refused = taken ? [] : [1];
        Assert.Equal(refused, await reports[0]);
        Assert.Equal(refused, await repeated);
        Assert.Equal((taken ? 1 : 0, 1), await CountsAsync(silo));
        silo.Log.Holds = false;
        await DecisionOrder.ExpectOneOrderAsync(silo, published, taken ? 1 : 0);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Decisions_are_published_when_they_are_in_the_log_and_not_before()
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        silo.Log.Holds = true;
        var reports = await ReportHeldAsync(silo, 5, 4);
        Assert.Equal((0, 0), await CountsAsync(silo));

        silo.Log.Settle(taken: true);
        await reports[0];

        Assert.Equal(5, (await published.ReadAsync(Cancellation)).Id);
        Assert.Equal((1, 0), await CountsAsync(silo));
        Assert.Equal([5], (await silo.Scene.GetRecentAsync(10, Cancellation)).Select(decision => decision.Id));
        silo.Log.Settle(taken: true);
        await reports[1];
        Assert.Equal(4, (await published.ReadAsync(Cancellation)).Id);
    }

    // Reports interleave, so that all wait for the log at once; each is made when the one before has come to the log.
    private static async Task<Task<long[]>[]> ReportHeldAsync(TestSilo silo, params long[] ids)
    {
        var reports = new List<Task<long[]>>();
        foreach (var id in ids)
        {
            reports.Add(silo.Scene.ReportAsync(new LaneReport([SampleDecision.Create(silo, id, gt: 1)], [])));
            Assert.Equal(id, (await silo.Log.Attempts.ReadAsync(Cancellation)).Id);
        }

        return [.. reports];
    }

    private static async Task<(long Decisions, long Repeated)> CountsAsync(TestSilo silo)
    {
        var statistics = await silo.Scene.GetStatisticsAsync(Cancellation);
        return (statistics.Decisions, statistics.Repeated);
    }
}
