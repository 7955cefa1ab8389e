using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

public class FusionWindowGrainTests
{
    // Milliseconds after which a lane takes windows that have gone where no token comes.
    private const int GoneWithin = 1000;

    private const int TestTimeout = 60_000;

    private static readonly ScenePolicy s_policy = TestSilo.SceneOf().ToPolicy();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task The_Kth_view_fires_the_window()
    {
        await using var silo = await TestSilo.StartAsync();
        var opened = silo.Now;
        await silo.AddAsync(7, s_policy, new SampleToken(2, opened, Label: 1), new SampleToken(0, opened, Label: 1));
        silo.Advance(40);
        Assert.Empty(silo.Log.Rows);

        await silo.AddAsync(7, s_policy, new SampleToken(5, opened + 0.03, Label: 2));

        await silo.Log.Attempts.ReadAsync(Cancellation);
        var decision = Assert.Single(silo.Log.Rows);
        Assert.Equal((TestSilo.SceneName, 7, FireCause.K, 3), (decision.Scene, decision.Id, decision.Cause, decision.M));
        Assert.Equal([0, 2, 5], decision.Views);
        Assert.Equal((0.75, 3 * SampleTokens.Bytes, 1, 1), (decision.FillRatio, decision.Bytes, decision.Pred, decision.Gt));
        Assert.Equal(opened + 0.04, decision.Timestamp, 1e-6);
        Assert.Equal(0.03, decision.LatMean, 1e-6);
        Assert.Equal(0.04, decision.P50, 1e-6);
        Assert.Equal(opened + 0.03, decision.DueAt, 1e-6);
        Assert.Equal(1, decision.AccRunning);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_batch_that_brings_more_than_K_views_is_fused_whole()
    {
        await using var silo = await TestSilo.StartAsync();

        await silo.AddAsync(7, s_policy, [.. Enumerable.Range(0, 4).Select(view => new SampleToken(view, silo.Now))]);

        var decision = await silo.Log.Attempts.ReadAsync(Cancellation);
        Assert.Equal([0, 1, 2, 3], decision.Views);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task T_fires_the_window_with_what_is_in()
    {
        await using var silo = await TestSilo.StartAsync();
        var opened = silo.Now;
        await silo.AddAsync(7, s_policy, new SampleToken(1, opened));
        silo.Advance(119);

        // The clock was moved past no timer, so a second view still comes in time.
        await silo.AddAsync(7, s_policy, new SampleToken(3, opened));
        Assert.Empty(silo.Log.Rows);
        silo.Advance(1);

        await silo.Log.Attempts.ReadAsync(Cancellation);
        var decision = Assert.Single(silo.Log.Rows);
        Assert.Equal((FireCause.T, 2, 0.5), (decision.Cause, decision.M, decision.FillRatio));
        Assert.Equal(opened + 0.12, decision.Timestamp, 1e-6);
        Assert.Equal(opened + 0.12, decision.DueAt, 1e-6);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(50, 70.001)]
    [InlineData(500, 0)]
    public async Task T_counts_from_when_the_first_token_was_received(double delayMs, double leftMs)
    {
        await using var silo = await TestSilo.StartAsync();
        var received = silo.Now;
        silo.Advance(delayMs);
        await silo.AddAsync(7, s_policy, new SampleToken(1, received));

        silo.Advance(leftMs);

        var decision = await silo.Log.Attempts.ReadAsync(Cancellation);
        Assert.Equal(received + ((delayMs + leftMs) / 1000), decision.Timestamp, 1e-6);
        Assert.Equal(received + 0.12, decision.DueAt, 1e-6);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(3600)]
    [InlineData(-3600)]
    public async Task Setting_the_wall_clock_neither_fires_a_window_nor_keeps_it_open(double seconds)
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.AddAsync(7, s_policy, new SampleToken(1, silo.Now));
        silo.Clock.Set(TimeSpan.FromSeconds(seconds));
        silo.Advance(119);
        await silo.AddAsync(7, s_policy, new SampleToken(2, silo.Now));
        Assert.Empty(silo.Log.Rows);

        silo.Advance(1);

        var decision = await silo.Log.Attempts.ReadAsync(Cancellation);
        Assert.Equal([1, 2], decision.Views);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_window_whose_decision_is_on_its_way_to_the_log_when_T_passes_lingers_all_the_same()
    {
        await using var silo = await TestSilo.StartAsync();
        var opened = silo.Now;
        silo.Log.Holds = true;
        await silo.AddAsync(7, s_policy, [.. Enumerable.Range(0, 3).Select(view => new SampleToken(view, opened))]);
        await silo.Log.Attempts.ReadAsync(Cancellation);

        silo.Advance(120);
        silo.Log.Settle(taken: true);
        await silo.AddAsync(7, s_policy, new SampleToken(3, opened));
        silo.Advance(249);
        await silo.AddAsync(7, s_policy, new SampleToken(3, opened));

        var statistics = await silo.StatisticsInTimeAsync(seen => seen.Late > 0, Cancellation);
        Assert.Equal((1, 2, 0), (statistics.Decisions, statistics.Late, statistics.Repeated));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_window_keeps_the_policy_that_it_opened_with()
    {
        await using var silo = await TestSilo.StartAsync();
        var other = s_policy with { K = 1, N = 1, T = TimeSpan.FromSeconds(9), Beta = 7 };
        await silo.AddAsync(7, s_policy, new SampleToken(0, silo.Now));
        await silo.AddAsync(7, other, new SampleToken(1, silo.Now));
        Assert.Empty(silo.Log.Rows);

        silo.Advance(120);

        var decision = await silo.Log.Attempts.ReadAsync(Cancellation);
        Assert.Equal((2, 0.5), (decision.M, decision.FillRatio));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Beta_weighs_the_tokens()
    {
        await using var silo = await TestSilo.StartAsync();
        SampleToken[] tokens =
        [
            new(0, silo.Now, Class: 2, Strength: 3), new(1, silo.Now, Class: 3, Strength: 2), new(2, silo.Now, Class: 3, Strength: 2),
        ];

        await silo.AddAsync(1, s_policy with { Beta = 0 }, tokens);
        await silo.AddAsync(2, s_policy with { Beta = 9 }, tokens);

        await silo.StatisticsWhenAsync(statistics => statistics.Decisions == 2, Cancellation);

        // Alike, two weak ones outweigh a strong one: 4/3 against 1. By their scores, the strong one takes nearly all. The windows are two
        // lanes', whose reports may overtake each other.
        var rows = silo.Log.Rows.OrderBy(decision => decision.Id).ToList();
        Assert.Equal([3, 2], rows.Select(decision => decision.Pred));
        Assert.Equal(Math.Exp(4 / 3.0) / (2 + Math.E + Math.Exp(4 / 3.0)), rows[0].Confidence, 1e-5);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_a_window_saw_besides_its_decision_reaches_the_scene_when_it_goes()
    {
        await using var silo = await TestSilo.StartAsync(TestSilo.SceneOf(k: 2, n: 2));
        var policy = s_policy with { K = 2, N = 2 };
        SampleToken[] tokens = [.. new[] { 0, 0, 0, 1, 2, 3, 2 }.Select(view => new SampleToken(view, silo.Now))];
        await silo.AddAsync(7, policy, tokens);
        silo.Advance(368);
        await silo.AddAsync(7, policy, new SampleToken(1, silo.Now));
        Assert.Equal(0, (await silo.Scene.GetStatisticsAsync(Cancellation)).Late);

        silo.Advance(3 + GoneWithin);

        var seen = await silo.StatisticsWhenAsync(statistics => statistics.Late > 0, Cancellation);
        Assert.Equal((1, 2, 3, 2), (seen.Late, seen.Duplicates, seen.Surplus, seen.Tokens));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_window_that_has_gone_opens_anew_and_its_decision_is_not_taken_twice()
    {
        await using var silo = await TestSilo.StartAsync();
        SampleToken[] tokens = [new(0, silo.Now), new(1, silo.Now), new(2, silo.Now)];
        await silo.AddAsync(7, s_policy, tokens);
        await silo.AddAsync(7, s_policy, tokens);
        silo.Advance(371 + GoneWithin);
        await silo.StatisticsWhenAsync(statistics => statistics.Late == 3, Cancellation);

        // It fires again, so it is another window; the scene knows the decision.
        await silo.AddAsync(7, s_policy, [.. Enumerable.Range(3, 3).Select(view => new SampleToken(view, silo.Now))]);

        var statistics = await silo.StatisticsWhenAsync(seen => seen.Repeated > 0, Cancellation);
        Assert.Equal((1, 1, 3), (statistics.Decisions, statistics.Repeated, statistics.Late));
        Assert.Equal([0, 1, 2], Assert.Single(silo.Log.Rows).Views);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_batch_that_does_not_fit_is_refused_and_opens_nothing()
    {
        await using var silo = await TestSilo.StartAsync();
        var wide = new byte[TokenBlock.Size(SampleHead.Dimension + 1, 1)];
        TokenBlock.Begin(wide, SampleHead.Dimension + 1, 1);

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => silo.Lane(s_policy, 7).AddAsync(new TokenBatch(s_policy, wide)));
        Assert.Contains("dimension 5", fault.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => silo.Lane(s_policy, 7).AddAsync(new TokenBatch(s_policy, wide[1..])));
        await silo.AddAsync(7, s_policy);

        // Had one of these opened it, it would have fired by T.
        silo.Advance(1000);
        await silo.AddAsync(7, s_policy with { K = 1 }, new SampleToken(0, silo.Now));
        var decision = await silo.Log.Attempts.ReadAsync(Cancellation);
        Assert.Single(silo.Log.Rows);
        Assert.Equal((FireCause.K, 1, 0.25), (decision.Cause, decision.M, decision.FillRatio));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_lane_of_an_unknown_scene_says_which_are_known()
    {
        await using var silo = await TestSilo.StartAsync();
        var lane = silo.Grains.GetGrain<IFusionWindowGrain>("attic/1");

        var fault = await Assert.ThrowsAsync<SceneNotFoundException>(
            () => lane.AddAsync(SampleTokens.Batch(1, s_policy, new SampleToken(0, silo.Now))));
        Assert.Contains(TestSilo.SceneName, fault.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("yard")]
    [InlineData("yard/")]
    [InlineData("yard/one")]
    [InlineData("yard/-1")]
    [InlineData("yard/4294967296")]
    public async Task What_is_no_lane_says_what_one_is(string key)
    {
        await using var silo = await TestSilo.StartAsync();
        var lane = silo.Grains.GetGrain<IFusionWindowGrain>(key);

        var fault = await Assert.ThrowsAsync<ArgumentException>(
            () => lane.AddAsync(SampleTokens.Batch(1, s_policy, new SampleToken(0, silo.Now))));
        Assert.Contains($"'{key}' is no lane: allowed is scene/lane", fault.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(FireCause.K)]
    [InlineData(FireCause.T)]
    public async Task A_window_that_cannot_be_decided_costs_its_lane_nothing_but_itself(FireCause cause)
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        var views = cause == FireCause.K ? 3 : 2;
        var tokens =
            from decision in new[] { 3, 7, 11 }
            from view in Enumerable.Range(0, views)
            select ((long)decision, new SampleToken(view, silo.Now, Encoding: decision == 7 ? (TokenEncoding)77 : TokenEncoding.Plain));
        await silo.Lane(s_policy, 3).AddAsync(SampleTokens.Batch(s_policy, [.. tokens]));

        if (cause == FireCause.T) silo.Advance(s_policy.T.TotalMilliseconds);
        var fired = await silo.StatisticsWhenAsync(seen => seen.Decisions == 2, Cancellation);
        await silo.AddAsync(7, s_policy, new SampleToken(3, silo.Now)); // too late for what was not decided
        await silo.AddAsync(15, s_policy, [.. Enumerable.Range(0, 3).Select(view => new SampleToken(view, silo.Now))]);
        var seen = await silo.StatisticsInTimeAsync(statistics => statistics is { Late: 1, Decisions: 3 }, Cancellation);

        Assert.Equal(cause == FireCause.K ? (2, 0) : (0, 2), (fired.ByK, fired.ByT));
        Assert.Equal((3, 0, 0), (seen.Decisions, seen.Repeated, seen.Malformed));
        Assert.Equal([3, 11, 15], silo.Log.Rows.Select(row => row.Id).Order());
        await DecisionOrder.ExpectOneOrderAsync(silo, published, 3);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_lane_with_a_thousand_decisions_to_report_holds_its_gateway_back_until_they_are_taken()
    {
        const int Unreported = 1024;
        await using var silo = await TestSilo.StartAsync();
        silo.Log.Holds = true;
        var one = s_policy with { K = 1 };
        for (var i = 0; i < Unreported - 1; i++) await silo.AddAsync(4 * i, one, new SampleToken(0, silo.Now));

        var last = silo.AddAsync(4 * (Unreported - 1), one, new SampleToken(0, silo.Now));
        Assert.False((await Task.WhenAny(last, silo.AddAsync(1, one, new SampleToken(0, silo.Now)))) == last); // another lane is not held
        var behind = silo.AddAsync(4 * Unreported, one, new SampleToken(0, silo.Now));
        await silo.Log.Attempts.ReadAsync(Cancellation);
        Assert.False(last.IsCompleted || behind.IsCompleted);
        silo.Log.Holds = false;
        silo.Log.SettleAll(taken: true);

        await Task.WhenAll(last, behind);
        var statistics = await silo.StatisticsWhenAsync(seen => seen.Decisions == Unreported + 2, Cancellation);
        Assert.Equal(0, statistics.Repeated);
        Assert.Equal(Enumerable.Range(0, Unreported + 1).Select(i => 4L * i), silo.Log.Rows.Select(row => row.Id).Where(id => id % 4 == 0));
    }
}
