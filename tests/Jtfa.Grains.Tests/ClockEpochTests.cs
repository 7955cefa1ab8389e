using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A clock that is set back gives decision ids again: what scenes and lanes do with them.</summary>
public class ClockEpochTests
{
    private const int TestTimeout = 60_000;

    private static readonly ScenePolicy s_policy = TestSilo.SceneOf().ToPolicy();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_window_of_an_id_that_comes_again_is_another()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.AddAsync(7, s_policy, new SampleToken(0, silo.Now), new SampleToken(1, silo.Now), new SampleToken(2, silo.Now));
        var first = await silo.Log.Attempts.ReadAsync(Cancellation);

        // It lingers still; the token of another epoch is not late for it.
        await AddAgainAsync(silo, new SampleToken(1, silo.Now), new SampleToken(2, silo.Now), new SampleToken(3, silo.Now));
        var second = await silo.Log.Attempts.ReadAsync(Cancellation);

        Assert.Equal((new DecisionKey(0, 7), new DecisionKey(1, 7)), (first.Key, second.Key));
        Assert.Equal([1, 2, 3], second.Views);
        var statistics = await silo.Scene.GetStatisticsAsync(Cancellation);
        Assert.Equal((2, 0, 0), (statistics.Decisions, statistics.Repeated, statistics.Late));
        var windows = (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 9, 0), Cancellation)).Windows;
        Assert.Equal([(7, 0), (7, 1)], windows.Select(window => (window.Decision, window.ClockEpoch)));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_report_that_is_repeated_is_told_from_an_id_that_comes_again()
    {
        await using var silo = await TestSilo.StartAsync();
        var decision = SampleDecision.Create(silo, 7, gt: 1);

        await silo.Scene.ReportAsync(decision, decision with { ClockEpoch = 1 }, decision, decision with { ClockEpoch = 1 });

        Assert.Equal([new(0, 7), new(1, 7)], silo.Log.Rows.Select(row => row.Key));
        Assert.Equal(2, (await silo.Scene.GetStatisticsAsync(Cancellation)).Repeated);

        // Also by the next activation, from the log.
        await silo.EndSceneAsync();
        await silo.Scene.ReportAsync(decision, decision with { ClockEpoch = 1 }, decision with { ClockEpoch = 2 });
        Assert.Equal([new(0, 7), new(1, 7), new(2, 7)], silo.Log.Rows.Select(row => row.Key));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(-3600)]
    [InlineData(-30)]
    [InlineData(30)]
    [InlineData(3600)]
    public async Task A_window_that_is_open_while_the_clock_is_set_fires_by_T_with_its_own_latencies(double seconds)
    {
        await using var silo = await TestSilo.StartAsync();
        var opened = silo.Now;
        await silo.AddAsync(7, s_policy, new SampleToken(0, opened));
        silo.Advance(50);
        silo.Clock.Set(TimeSpan.FromSeconds(seconds));
        silo.Advance(70);

        var decision = await silo.Log.Attempts.ReadAsync(Cancellation);

        Assert.Equal((0, FireCause.T), (decision.ClockEpoch, decision.Cause));
        Assert.Equal(opened + 0.12, decision.Timestamp, 1e-6);
        Assert.Equal(0.12, decision.LatMean, 1e-6);
        var statistics = await silo.StatisticsWhenAsync(seen => seen.Decisions == 1, Cancellation);
        Assert.InRange(statistics.TimeoutLateness.Max, 0, 0.001);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scenes_epoch_only_grows_and_outlives_it()
    {
        var storage = new KeptStorage();
        await using var silo = await TestSilo.StartAsync(storage: storage);
        Assert.Equal(0, (await silo.Scene.GetRoutingAsync(Cancellation)).ClockEpoch);

        Assert.Equal(3, (await silo.Scene.TakeClockAsync(3, new ClockStep(silo.Now, -30))).ClockEpoch);
        Assert.Equal(3, (await silo.Scene.TakeClockAsync(2, null)).ClockEpoch);
        await silo.EndSceneAsync();
        Assert.Equal(3, (await silo.Scene.GetRoutingAsync(Cancellation)).ClockEpoch);

        storage.IsAway = true;
        Assert.Equal(4, (await silo.Scene.TakeClockAsync(4, null)).ClockEpoch);
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 7, gt: 1) with { ClockEpoch = 4 });
        await silo.EndSceneAsync();
        Assert.Equal(4, (await silo.Scene.GetRoutingAsync(Cancellation)).ClockEpoch); // the log has it
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_step_is_shown_for_ten_minutes()
    {
        await using var silo = await TestSilo.StartAsync();
        var step = new ClockStep(silo.Now, 30);
        Assert.Equal(0, (await silo.Scene.TakeClockAsync(0, step)).ClockEpoch); // forward: no epoch begins

        Assert.Equal(step, await ShownAsync(silo));
        silo.Advance(599_000);
        Assert.Equal(step, await ShownAsync(silo));
        silo.Advance(2_000);
        Assert.Null(await ShownAsync(silo));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(0.19, 0)] // clocks of silos differ by so much
    [InlineData(0.5, 1)]
    [InlineData(3600, 1)]
    public async Task A_scene_whose_log_is_ahead_of_its_clock_begins_an_epoch(double ahead, int epoch)
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportAsync(SampleDecision.At(silo.Now + ahead, 7, gt: 1));
        await silo.EndSceneAsync();

        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 7, gt: 1) with { ClockEpoch = epoch });

        Assert.Equal(epoch, (await silo.Scene.GetRoutingAsync(Cancellation)).ClockEpoch);
        Assert.Equal(1 + epoch, silo.Log.Rows.Length);
        Assert.Equal(epoch == 0 ? 0 : -ahead, (await ShownAsync(silo))?.By ?? 0, 1e-6);

        // Only the last epoch's time counts: the earlier decisions stay ahead.
        await silo.EndSceneAsync();
        Assert.Equal(epoch, (await silo.Scene.GetRoutingAsync(Cancellation)).ClockEpoch);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(true)]
    [InlineData(false)] // while the scene was away, and nothing was decided before
    public async Task A_policy_stays_in_force_when_the_clock_is_set_back_before_its_moment(bool there)
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.SetPolicyAsync(s_policy with { K = 1 }, Cancellation);
        silo.Advance(10_000);
        silo.Clock.Set(TimeSpan.FromHours(-1));

        if (there) await silo.Scene.TakeClockAsync(1, new ClockStep(silo.Now, -3600));
        else await silo.EndSceneAsync();

        Assert.Equal(1, (await silo.Scene.GetRoutingAsync(Cancellation)).At(silo.Now).K);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_is_published_after_the_clock_was_set_back_comes_after_what_was_before()
    {
        await using var silo = await TestSilo.StartAsync();
        var published = await silo.FollowAsync();
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 7, gt: 1));
        var before = await published.ReadAsync(Cancellation);
        await silo.EndSceneAsync();
        silo.Clock.Set(TimeSpan.FromHours(-1));

        published = await silo.FollowAsync();
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 7, gt: 1) with { ClockEpoch = 1 });
        var after = await published.ReadAsync(Cancellation);

        Assert.True(after.Activation < before.Activation);
        Assert.True(after.IsPublishedAfter(before));
        Assert.False(before.IsPublishedAfter(after));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_camera_that_stopped_before_the_clock_was_set_back_is_missing()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportTrafficAsync("gateway", null, [new ViewTraffic(3, silo.Now, 10, 1000, 10, 8, 0, 0, 0)]);
        silo.Clock.Set(TimeSpan.FromSeconds(-30));
        silo.Advance(500);

        var cameras = (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0), Cancellation)).Cameras;
        Assert.Equal(CameraTiming.Missing, Assert.Single(cameras).Timing);
    }

    private static async Task<ClockStep?> ShownAsync(TestSilo silo) =>
        (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0), Cancellation)).ClockStep;

    private static Task AddAgainAsync(TestSilo silo, params IReadOnlyList<SampleToken> tokens) =>
        silo.Lane(s_policy, 7).AddAsync(SampleTokens.Batch(7, s_policy, tokens) with { ClockEpoch = 1 });
}
