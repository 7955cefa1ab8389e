using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A scene's last seconds, as its snapshot has them.</summary>
public class SceneSecondsTests
{
    private const int TestTimeout = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_second_has_what_was_published_in_it_and_the_latency_of_ten(int seed)
    {
        await using var silo = await TestSilo.StartAsync();
        var random = new Random(seed);
        var published = new List<(long Second, Decision Decision)>();
        for (var id = 0; id < 300; id++)
        {
            silo.Advance(random.Next(20) == 0 ? random.Next(12_000) : random.Next(300));
            var views = random.Next(1, 5);
            var decision = SampleDecision.Create(silo, id, gt: id < 5 ? -1 : random.Next(-1, 3)) with
            {
                Cause = random.Next(3) == 0 ? FireCause.T : FireCause.K,
                M = views,
                Views = [.. Enumerable.Range(0, views)],
                Bytes = random.Next(100, 500),
                FillRatio = random.NextDouble(),
                LatMean = Math.Exp(-5 * random.NextDouble()),
            };
            published.Add(((long)silo.Now, decision));
            await silo.Scene.ReportAsync(decision);
        }

        silo.Advance(1000);
        var seconds = (await SnapshotAsync(silo)).Seconds;

        var first = Math.Max(published[0].Second, (long)silo.Now - SceneSecond.MostKept);
        Assert.Equal(Range(first, (long)silo.Now), seconds.Select(second => second.Second));
        Assert.All(seconds, second => Expect(published, second));
        Assert.Contains(seconds, second => second.Decisions == 0);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_second_under_way_is_not_told()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 1, gt: 1));

        silo.Advance(999);
        Assert.Empty((await SnapshotAsync(silo)).Seconds);
        silo.Advance(1);
        Assert.Equal(1, Assert.Single((await SnapshotAsync(silo)).Seconds).Decisions);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_accuracy_at_a_seconds_end_is_without_the_next_seconds_decision()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 1, gt: 1));
        silo.Advance(1000);
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, 2, gt: 2));
        silo.Advance(1000);

        Assert.Equal([1, 0.5], (await SnapshotAsync(silo)).Seconds.Select(second => second.AccRunning));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(100, 101)]
    [InlineData(3_600, SceneSecond.MostKept)]
    [InlineData(100_000_000, SceneSecond.MostKept)]
    public async Task A_long_silence_is_filled_with_no_more_than_is_kept(int silence, int kept)
    {
        await using var silo = await TestSilo.StartAsync();
        for (var id = 0; id < 10; id++)
        {
            await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: 1));
            silo.Advance(100);
        }

        // The clock is set, so that the grain is not collected.
        silo.Clock.Set(TimeSpan.FromSeconds(silence));
        var seconds = (await SnapshotAsync(silo)).Seconds;

        var now = (long)silo.Now;
        Assert.Equal(Range(now - kept, now), seconds.Select(second => second.Second));
        Assert.Equal(kept > silence ? 10 : 0, seconds.Sum(second => second.Decisions));
        Assert.All(seconds.Skip(kept > silence ? 10 : 0), second => Assert.Equal(0, second.Latency.Count));
        Assert.All(seconds.Skip(1), second => Assert.True(double.IsNaN(second.FillRatio)));
        Assert.All(seconds, second => Assert.Equal(1, second.AccRunning));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Where_the_clock_is_set_back_the_seconds_begin_anew()
    {
        await using var silo = await TestSilo.StartAsync();
        var again = 0L;
        for (var id = 0; id < 30; id++)
        {
            if (id == 10) silo.Clock.Set(TimeSpan.FromSeconds(-30));
            if (id == 10) again = (long)silo.Now;
            await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: 1));
            silo.Advance(500);
            await SnapshotAsync(silo);
        }

        silo.Advance(1000);
        var seconds = (await SnapshotAsync(silo)).Seconds;

        Assert.Equal(Range(again, (long)silo.Now), seconds.Select(second => second.Second));
        Assert.Equal(20, seconds.Sum(second => second.Decisions));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_clock_that_is_a_little_behind_repeats_no_second_and_loses_no_decision()
    {
        await using var silo = await TestSilo.StartAsync();
        for (var id = 0; id < 40; id++)
        {
            if (id == 10) silo.Clock.Set(TimeSpan.FromSeconds(-1));
            await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: 1));
            silo.Advance(500);
            await SnapshotAsync(silo);
        }

        silo.Advance(1000);
        var seconds = (await SnapshotAsync(silo)).Seconds;

        Assert.Equal(Range(seconds[0].Second, (long)silo.Now), seconds.Select(second => second.Second));
        Assert.Equal(40, seconds.Sum(second => second.Decisions));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Each_second_has_the_timeout_that_held_at_its_end_also_of_a_silence()
    {
        await using var silo = await TestSilo.StartAsync();
        await SnapshotAsync(silo);
        var policy = (await silo.Scene.GetRoutingAsync(Cancellation)).Current;
        silo.Advance(3500);

        // It takes hold more than half a second from now.
        await silo.Scene.SetPolicyAsync(policy with { T = TimeSpan.FromMilliseconds(80) }, Cancellation);
        silo.Advance(4500);

        Assert.Equal(
            [120, 120, 120, 120, 80, 80, 80, 80], (await SnapshotAsync(silo)).Seconds.Select(second => second.T.TotalMilliseconds));
    }

    private static Task<SceneSnapshot> SnapshotAsync(TestSilo silo) =>
        silo.Scene.GetSnapshotAsync(new SnapshotSpan(1000, 0, 0), Cancellation);

    private static IEnumerable<long> Range(long first, long end)
    {
        for (var second = first; second < end; second++) yield return second;
    }

    private static void Expect(List<(long Second, Decision Decision)> published, SceneSecond second)
    {
        var own = published.Where(one => one.Second == second.Second).Select(one => one.Decision).ToList();
        var labelled = published.Where(one => one.Second <= second.Second && one.Decision.Gt >= 0).Select(one => one.Decision).ToList();
        var latencies = published.Where(one => one.Second <= second.Second && one.Second > second.Second - 10)
            .Select(one => one.Decision.LatMean).Order().ToList();
        Assert.Equal(
            (own.Count, own.Count(decision => decision.Cause == FireCause.K), own.Sum(decision => decision.M),
                own.Sum(decision => (long)decision.Bytes)),
            (second.Decisions, second.ByK, second.Tokens, second.Bytes));
        Assert.Equal((own.Count(decision => decision.Gt >= 0), own.Count(decision => decision.Correct)), (second.Labelled, second.Correct));
        Assert.Equal(own.Count > 0 ? own.Average(decision => decision.FillRatio) : double.NaN, second.FillRatio, 1e-9);
        Assert.Equal(labelled.Count > 0 ? labelled.Average(decision => decision.Correct ? 1.0 : 0) : double.NaN, second.AccRunning, 1e-9);
        Assert.Equal(latencies.Count, second.Latency.Count);
        if (latencies.Count == 0) return;
        Assert.Equal(latencies[^1], second.Latency.Max);
        Assert.InRange(second.Latency.P50 / latencies[(int)(0.5 * (latencies.Count - 1))], 0.99, 1.01);
        Assert.InRange(second.Latency.P99 / latencies[(int)(0.99 * (latencies.Count - 1))], 0.99, 1.01);
    }
}
