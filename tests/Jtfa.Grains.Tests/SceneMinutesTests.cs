using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A scene's minutes, as it gives them to the log. The clock starts at noon, at a full minute.</summary>
public class SceneMinutesTests
{
    private const int TestTimeout = 60_000;
    private const double Second = 1000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Each_minute_has_what_was_published_in_it(int seed)
    {
        await using var silo = await TestSilo.StartAsync();
        var random = new Random(seed);
        var published = new List<(long Minute, Decision Decision)>();
        for (var id = 0; id < 120; id++)
        {
            silo.Advance(random.Next(30) == 0 ? random.Next(200_000) : random.Next(4_000));
            var views = random.Next(1, 5);
            var decision = SampleDecision.Create(silo, id, gt: random.Next(-1, 3)) with
            {
                Cause = random.Next(3) == 0 ? FireCause.T : FireCause.K,
                M = views,
                Views = [.. Enumerable.Range(0, views)],
                Bytes = random.Next(100, 500),
                FillRatio = random.NextDouble(),
                LatMean = Math.Exp(-5 * random.NextDouble()),
            };
            published.Add(((long)Math.Floor(silo.Now / 60), decision));
            await ReportAsync(silo, decision);
        }

        silo.Advance(60 * Second);
        var expected = published.GroupBy(one => one.Minute, one => one.Decision).ToList();
        var minutes = await MinutesAsync(silo, expected.Count);

        foreach (var (minute, decisions) in minutes.Zip(expected))
        {
            Assert.Equal(
                (TestSilo.SceneName, decisions.Key * 60.0, (decisions.Key + 1) * 60.0),
                (minute.Scene, Math.Floor(minute.From / 60) * 60, minute.To));
            Assert.Equal((decisions.Count(), decisions.Count(one => one.Cause == FireCause.K)), (minute.Decisions, minute.ByK));
            Assert.Equal((decisions.Sum(one => one.M), decisions.Sum(one => one.Bytes)), (minute.Tokens, minute.Bytes));
            Assert.Equal((decisions.Count(one => one.Gt >= 0), decisions.Count(one => one.Correct)), (minute.Labelled, minute.Correct));
            Assert.Equal(decisions.Average(one => one.FillRatio), minute.FillRatio, 1e-9);
            Assert.Equal((3, TimeSpan.FromMilliseconds(120)), (minute.K, minute.T));
            Assert.Equal((0, 0), (minute.Late, minute.Lost));
            var latencies = decisions.Select(one => one.LatMean).Order().ToList();
            foreach (var (p, value) in new[] { (0.50, minute.P50), (0.90, minute.P90), (0.99, minute.P99) })
                Assert.Equal(latencies[(int)(p * (latencies.Count - 1))], value, latencies[^1] * 0.011);
            Assert.Equal(minute.P99 / minute.P50, minute.TailFactor);
        }

        // The scene was activated by the first decision; all minutes but that one began at their beginning.
        Assert.All(minutes.Skip(1), minute => Assert.Equal(0, minute.From % 60));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_minute_goes_to_the_log_when_it_is_over_though_nothing_follows()
    {
        await using var silo = await TestSilo.StartAsync();
        await ReportAsync(silo, SampleDecision.Create(silo, 1, gt: 1));

        silo.Advance(59.9 * Second);
        await silo.Scene.GetStatisticsAsync(Cancellation);
        Assert.Empty(silo.Log.Minutes);
        silo.Advance(0.2 * Second);

        var minute = Assert.Single(await MinutesAsync(silo, 1));
        Assert.Equal((0.0, 60.0, 1), (minute.From % 60, minute.To - minute.From, minute.Decisions));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_first_event_of_a_later_minute_ends_it_too()
    {
        await using var silo = await TestSilo.StartAsync();
        await ReportAsync(silo, SampleDecision.Create(silo, 1, gt: 1));

        // The wall clock alone: no timer learns of it.
        silo.Clock.Set(TimeSpan.FromMinutes(3));
        await ReportAsync(silo, SampleDecision.Create(silo, 2, gt: 1));

        var minute = Assert.Single(silo.Log.Minutes);
        Assert.Equal((0.0, 60.0, 1), (minute.From % 60, minute.To - minute.From, minute.Decisions));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_minute_that_comes_again_after_the_clock_was_set_back_is_of_another_epoch()
    {
        await using var silo = await TestSilo.StartAsync();
        await ReportAsync(silo, SampleDecision.Create(silo, 1, gt: 1));
        silo.Advance(90 * Second);
        await ReportAsync(silo, SampleDecision.Create(silo, 2, gt: 1));
        silo.Clock.Set(TimeSpan.FromSeconds(-70));
        await silo.Scene.TakeClockAsync(1, new ClockStep(silo.Now, -70));
        await ReportAsync(silo, SampleDecision.Create(silo, 3, gt: 1) with { ClockEpoch = 1 });
        silo.Advance(41 * Second);
        await ReportAsync(silo, SampleDecision.Create(silo, 4, gt: 1) with { ClockEpoch = 1 });
        silo.Advance(60 * Second);

        var minutes = await MinutesAsync(silo, 4);
        var noon = minutes[0].From;
        Assert.Equal(
            [(noon, noon + 60, 0), (noon + 60, noon + 90, 0), (noon + 20, noon + 60, 1), (noon + 60, noon + 120, 1)],
            minutes.Select(minute => (minute.From, minute.To, minute.ClockEpoch)));
        Assert.All(minutes, minute => Assert.Equal(1, minute.Decisions));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_minute_in_which_nothing_happened_has_no_row()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.GetStatisticsAsync(Cancellation);
        await ReportTrafficAsync(silo, "gateway", Traffic(silo, 0, tokens: 100, lost: 7));
        await silo.Scene.ReportAsync(new LaneReport([], [new WindowTally(0, 2, 3, 1, [])]));
        silo.Advance(300 * Second);
        await ReportAsync(silo, SampleDecision.Create(silo, 1, gt: 1));
        silo.Advance(61 * Second);

        Assert.Equal(300, (await MinutesAsync(silo, 1)).Single().From % 3600);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Late_tokens_alone_are_an_event()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportAsync(new LaneReport([], [new WindowTally(2, 0, 0, 1, [3]), new WindowTally(3, 0, 0, 2, [3])]));
        silo.Advance(61 * Second);

        var minute = Assert.Single(await MinutesAsync(silo, 1));
        Assert.Equal((0, 5, 0), (minute.Decisions, minute.Late, minute.Lost));
        double[] measured = [minute.FillRatio, minute.P50, minute.P99, minute.TailFactor, minute.Accuracy];
        Assert.All(measured, value => Assert.True(double.IsNaN(value)));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Lost_tokens_are_those_lost_while_the_scene_listened()
    {
        await using var silo = await TestSilo.StartAsync();
        await ReportTrafficAsync(silo, "one", Traffic(silo, 0, tokens: 100, lost: 50), Traffic(silo, 1, tokens: 100, lost: 0));
        await ReportTrafficAsync(silo, "one", Traffic(silo, 0, tokens: 110, lost: 53), Traffic(silo, 1, tokens: 110, lost: 1));
        await ReportTrafficAsync(silo, "two", Traffic(silo, 0, tokens: 1, lost: 9));
        silo.Advance(60 * Second);
        // The gateway had to forget the view, and counts from 0.
        await ReportTrafficAsync(silo, "one", Traffic(silo, 0, tokens: 5, lost: 2));
        silo.Advance(60 * Second);
        // A gap closes that an earlier minute has counted: the next token lost makes up for it.
        await ReportTrafficAsync(silo, "one", Traffic(silo, 0, tokens: 6, lost: 1));
        silo.Advance(60 * Second);
        await ReportTrafficAsync(silo, "one", Traffic(silo, 0, tokens: 16, lost: 4));
        silo.Advance(61 * Second);

        Assert.Equal([4, 2, 2], (await MinutesAsync(silo, 3)).Select(minute => minute.Lost));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_that_moves_leaves_a_row_for_each_part()
    {
        var (log, storage) = (new MemoryDecisionLog(), new KeptStorage());
        var clock = new ManualClock(new DateTimeOffset(2026, 3, 1, 12, 0, 10, TimeSpan.Zero));
        await using (var first = await TestSilo.StartAsync(log: log, storage: storage, clock: clock))
        {
            await ReportAsync(first, SampleDecision.Create(first, 1, gt: 1));
            first.Advance(20 * Second);
            await ReportAsync(first, SampleDecision.Create(first, 2, gt: 1));
        }

        var part = Assert.Single(log.Minutes);
        Assert.Equal((10.0, 30.0, 2), (part.From % 60, part.To % 60, part.Decisions));
        clock.Advance(TimeSpan.FromSeconds(5));
        await using var second = await TestSilo.StartAsync(log: log, storage: storage, clock: clock);
        await ReportAsync(second, SampleDecision.Create(second, 3, gt: 1));
        second.Advance(30 * Second);

        var other = (await MinutesAsync(second, 2))[1];
        Assert.Equal((35.0, 0.0, 1), (other.From % 60, other.To % 60, other.Decisions));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_policy_is_the_one_that_held_at_its_end()
    {
        await using var silo = await TestSilo.StartAsync();
        await ReportAsync(silo, SampleDecision.Create(silo, 1, gt: 1));
        silo.Advance(10 * Second);
        await silo.Scene.SetPolicyAsync(new ScenePolicy { K = 2, N = 4, T = TimeSpan.FromMilliseconds(80) }, Cancellation);
        silo.Advance(60 * Second);

        var minute = Assert.Single(await MinutesAsync(silo, 1));
        Assert.Equal((2, TimeSpan.FromMilliseconds(80)), (minute.K, minute.T));
    }

    private static Task<long[]> ReportAsync(TestSilo silo, Decision decision) => silo.Scene.ReportAsync(new LaneReport([decision], []));

    private static Task<SceneRouting> ReportTrafficAsync(TestSilo silo, string gateway, params ViewTraffic[] views) =>
        silo.Scene.ReportTrafficAsync(gateway, null, views);

    private static ViewTraffic Traffic(TestSilo silo, int view, long tokens, long lost) =>
        new(view, silo.Now, tokens, 0, 10, 1, lost, 0, 0);

    // A minute ends on a turn of the scene that nobody waits for; the test's timeout ends a wait in vain.
    private static async Task<SceneMinute[]> MinutesAsync(TestSilo silo, int count)
    {
        while (silo.Log.Minutes.Length < count)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(count, silo.Log.Minutes.Length);
        return silo.Log.Minutes;
    }
}
