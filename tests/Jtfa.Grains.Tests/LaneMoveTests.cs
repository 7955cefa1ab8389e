using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A lane moves to another silo: its windows and what it has not reported yet go with it.</summary>
public class LaneMoveTests
{
    private const int TestTimeout = 60_000;

    // One lane, so that all windows are in it.
    private static readonly SceneOptions s_scene = new()
    {
        Name = TestSilo.SceneName,
        K = 3,
        N = 4,
        T = 120,
        W = 100,
        Linger = 250,
        Lanes = 1,
    };

    private static readonly ScenePolicy s_policy = s_scene.ToPolicy();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Windows_fire_by_K_and_by_T_and_linger_where_the_lane_has_gone()
    {
        await using var silo = await TestSilo.StartTwoAsync(s_scene);
        var published = await silo.FollowAsync();
        var lane = silo.Lane(s_policy, 0);
        var opened = silo.Now;
        await silo.AddAsync(1, s_policy, new SampleToken(0, opened, Label: 1), new SampleToken(1, opened, Label: 1)); // one short of K
        await silo.AddAsync(2, s_policy, new SampleToken(2, opened)); // no other view will come
        await silo.AddAsync(3, s_policy, [.. Enumerable.Range(0, 3).Select(view => new SampleToken(view, opened))]); // fires here
        await silo.Log.Attempts.ReadAsync(Cancellation);
        silo.Advance(50);
        var from = await silo.SiloOfAsync(lane, Cancellation);

        await silo.MoveAsync(lane, Cancellation);

        silo.Advance(20);
        await silo.AddAsync(3, s_policy, new SampleToken(3, silo.Now)); // late
        await silo.AddAsync(1, s_policy, new SampleToken(3, silo.Now, Label: 1));
        Assert.NotEqual(from, await silo.SiloOfAsync(lane, Cancellation));
        var byK = await silo.Log.Attempts.ReadAsync(Cancellation);
        silo.Advance(49);
        Assert.False(silo.Log.Attempts.TryRead(out _));
        silo.Advance(1);
        var byT = await silo.Log.Attempts.ReadAsync(Cancellation);

        Assert.Equal((1, FireCause.K, "0 1 3"), (byK.Id, byK.Cause, string.Join(' ', byK.Views)));
        Assert.Equal((0.75, 1, 1), (byK.FillRatio, byK.Pred, byK.Gt));
        Assert.Equal(opened + 0.07, byK.DueAt, 1e-6);
        Assert.Equal((2, FireCause.T, "2"), (byT.Id, byT.Cause, string.Join(' ', byT.Views)));
        Assert.Equal(opened + 0.12, byT.Timestamp, 1e-6);
        Assert.Equal(opened + 0.12, byT.DueAt, 1e-6);
        var seen = await silo.StatisticsInTimeAsync(statistics => statistics.Late > 0, Cancellation);
        Assert.Equal((3, 1, 0), (seen.Decisions, seen.Late, seen.Repeated));
        await DecisionOrder.ExpectOneOrderAsync(silo, published, 3);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task To_and_fro_under_load_no_window_is_lost_and_none_fires_twice(int seed)
    {
        const int Windows = 30;
        var random = new Random(seed);
        await using var silo = await TestSilo.StartTwoAsync(s_scene);
        var published = await silo.FollowAsync();
        var lane = silo.Lane(s_policy, 0);
        var sent = 0;
        for (var round = 0; round < 6; round++)
        {
            var adding = Enumerable.Range(0, 40).Select(_ =>
            {
                sent++;
                return silo.AddAsync(random.Next(Windows), s_policy, new SampleToken(random.Next(5), silo.Now, Class: random.Next(4)));
            }).ToList();
            if (round % 2 == 1) await silo.MoveAsync(lane, Cancellation); // calls that meet it on its way follow it
            await Task.WhenAll(adding);
            if (round % 2 == 0) await silo.MoveAsync(lane, Cancellation);
            silo.Advance(random.Next(60)); // at most 300 ms in all: no window goes
        }

        await silo.StatisticsInTimeAsync(seen => seen.Tokens + seen.Late + seen.Duplicates + seen.Surplus == sent, Cancellation);
        var rows = silo.Log.Rows;
        var statistics = await silo.Scene.GetStatisticsAsync(Cancellation);
        Assert.Equal((rows.Length, 0), (statistics.Decisions, statistics.Repeated));
        Assert.All(rows, row => Assert.InRange(row.M, row.Cause == FireCause.K ? 3 : 1, 4));
        await DecisionOrder.ExpectOneOrderAsync(silo, published, rows.Length);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_the_log_has_not_taken_goes_along_and_comes_once()
    {
        await using var silo = await TestSilo.StartTwoAsync(s_scene);
        var published = await silo.FollowAsync();
        silo.Log.IsAway = _ => true;
        foreach (var decision in new[] { 5, 6, 7 })
            await silo.AddAsync(decision, s_policy, [.. Enumerable.Range(0, 3).Select(view => new SampleToken(view, silo.Now))]);
        await silo.Log.Attempts.ReadAsync(Cancellation);

        for (var moves = 0; moves < 3; moves++)
        {
            // It leaves when the report that is under way, or the wait for the next, has ended.
            var moving = silo.MoveAsync(silo.Lane(s_policy, 0), Cancellation);
            while (!moving.IsCompleted)
            {
                await silo.Scene.GetStatisticsAsync(Cancellation);
                silo.Advance(10);
            }

            await moving;
        }

        silo.Log.IsAway = _ => false;

        var statistics = await silo.StatisticsInTimeAsync(seen => seen.Decisions == 3, Cancellation);
        Assert.Equal(0, statistics.Repeated);
        Assert.Equal([5, 6, 7], silo.Log.Rows.Select(row => row.Id));
        await DecisionOrder.ExpectOneOrderAsync(silo, published, 3);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task It_goes_to_the_silo_whose_gateway_feeds_it_when_no_other_has_for_five_seconds()
    {
        await using var silo = await TestSilo.StartTwoAsync(s_scene);
        var lane = silo.Lane(s_policy, 0);
        await silo.AddAsync(0, s_policy, new SampleToken(0, silo.Now));
        var here = await silo.SiloOfAsync(lane, Cancellation);
        var there = silo.Silos.First(address => !address.Equals(here));
        var decision = 1L;
        await FeedAsync(there, 4_900);
        await FeedAsync(here!, 100); // its own again, for a moment
        await FeedAsync(there, 4_900);
        Assert.Equal(here, await silo.SiloOfAsync(lane, Cancellation));

        await FeedAsync(there, 200);

        while (!there.Equals(await silo.SiloOfAsync(lane, Cancellation))) Cancellation.ThrowIfCancellationRequested();
        await FeedAsync(there, 6_000);
        Assert.Equal(there, await silo.SiloOfAsync(lane, Cancellation));
        var fed = decision;
        var statistics = await silo.StatisticsInTimeAsync(seen => seen.Decisions == fed, Cancellation);
        Assert.Equal((fed, 0), (statistics.ByT, statistics.Repeated)); // and nothing is lost on the way

        // Ten tokens a second, each of a window of its own.
        async Task FeedAsync(SiloAddress gateway, double milliseconds)
        {
            for (var passed = 0; passed < milliseconds; passed += 100)
            {
                silo.Advance(100);
                await lane.AddAsync(SampleTokens.Batch(decision++, s_policy, new SampleToken(0, silo.Now)) with { Gateway = gateway });
            }
        }
    }
}
