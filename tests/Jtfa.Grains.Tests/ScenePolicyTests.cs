using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

public class ScenePolicyTests
{
    private const int TestTimeout = 60_000;

    private static readonly ScenePolicy s_policy = TestSilo.SceneOf().ToPolicy();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, ScenePolicy> InvalidPolicies { get; } = new()
    {
        { "K=0: allowed is 1 … N (4)", s_policy with { K = 0 } },
        { "K=5: allowed is 1 … N (4)", s_policy with { K = 5 } },
        { "N=0", s_policy with { N = 0 } },
        { "N=257", s_policy with { N = ScenePolicy.MaxViews + 1 } },
        { "T=0 ms", s_policy with { T = TimeSpan.Zero } },
        { "T=60001 ms", s_policy with { T = TimeSpan.FromMilliseconds(60_001) } },
        { "W=0.009 ms", s_policy with { W = TimeSpan.FromMicroseconds(9) } },
        { "W=3600001 ms", s_policy with { W = TimeSpan.FromMilliseconds(3_600_001) } },
        { "Linger=-1 ms", s_policy with { Linger = TimeSpan.FromMilliseconds(-1) } },
        { "Linger=60001 ms", s_policy with { Linger = TimeSpan.FromMilliseconds(60_001) } },
        { "Beta=NaN", s_policy with { Beta = double.NaN } },
        { "Beta=Infinity", s_policy with { Beta = double.PositiveInfinity } },
        { "Keying=9", s_policy with { Keying = (WindowKeying)9 } },
        { "Lanes=0: allowed is 1 … 64", s_policy with { Lanes = 0 } },
        { "Timeout=9: allowed is Fixed, Adaptive", s_policy with { Timeout = (WindowTimeout)9 } },
        { "TMin=0 ms: allowed is above 0 … TMax (250 ms)", s_policy with { TMin = TimeSpan.Zero } },
        { "TMin=251 ms", s_policy with { TMin = TimeSpan.FromMilliseconds(251) } },
        { "TMax=60001 ms", s_policy with { TMax = TimeSpan.FromMilliseconds(60_001) } },
        { "Quantile=0.4: allowed is 0.5 … 0.999", s_policy with { Quantile = 0.4 } },
        { "Quantile=NaN", s_policy with { Quantile = double.NaN } },
        { "Margin=-1 ms", s_policy with { Margin = TimeSpan.FromMilliseconds(-1) } },
        { "KMin=4: allowed is 1 … K (3)", s_policy with { KMin = 4 } },
        { "KMin=0", s_policy with { KMin = 0 } },
        { "Lanes=65", s_policy with { Lanes = ScenePolicy.MaxLanes + 1 } },
    };

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_starts_with_its_configured_policy()
    {
        await using var silo = await TestSilo.StartAsync(TestSilo.SceneOf(k: 2, n: 5));

        var routing = await silo.Scene.GetRoutingAsync(Cancellation);

        var policy = s_policy with { K = 2, N = 5 };
        Assert.Equal(new SceneRouting(SampleHead.Dimension, policy, 0, policy, 0), routing);
        Assert.Equal(policy, routing.At(silo.Now));
    }

    [Theory(Timeout = TestTimeout)]
    [MemberData(nameof(InvalidPolicies))]
    public async Task An_invalid_policy_is_refused_by_the_name_of_what_is_wrong(string named, ScenePolicy policy)
    {
        await using var silo = await TestSilo.StartAsync();
        var before = await silo.Scene.GetRoutingAsync(Cancellation);

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => silo.Scene.SetPolicyAsync(policy, Cancellation));

        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, await silo.Scene.GetRoutingAsync(Cancellation));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_change_takes_hold_at_an_edge_of_the_old_windows_after_due_notice(int seed)
    {
        var random = new Random(seed);
        await using var silo = await TestSilo.StartAsync();
        var old = s_policy;
        await silo.Scene.GetRoutingAsync(Cancellation);
        silo.Advance(2000); // it has been there long enough for its gateways to have called
        for (var change = 1; change <= 30; change++)
        {
            var next = s_policy with
            {
                W = TimeSpan.FromMilliseconds(random.Next(1, 2000)),
                T = TimeSpan.FromMilliseconds(random.Next(1, 500)),
            };
            var routing = await silo.Scene.SetPolicyAsync(next, Cancellation);

            var width = old.W.TotalSeconds;
            var edge = routing.CurrentFrom / width;
            Assert.Equal(0.5, edge - Math.Floor(edge), 1e-3);
            Assert.InRange(routing.CurrentFrom - silo.Now, SceneGrain.Notice.TotalSeconds - 1e-6, SceneGrain.Notice.TotalSeconds + width);
            Assert.Equal((next, old, change), (routing.Current, routing.Previous, routing.Version));
            Assert.Equal((old, next), (routing.At(Math.BitDecrement(routing.CurrentFrom)), routing.At(routing.CurrentFrom)));
            Assert.Equal(routing, await silo.Scene.GetRoutingAsync(Cancellation));

            silo.Advance(((routing.CurrentFrom - silo.Now) * 1000) + random.Next(1, 5000));
            old = next;
        }
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_that_has_just_come_up_gives_the_gateways_that_it_does_not_know_time_to_call()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.GetRoutingAsync(Cancellation);
        silo.Advance(1999);

        var routing = await silo.Scene.SetPolicyAsync(s_policy with { K = 1 }, Cancellation);

        Assert.InRange(routing.CurrentFrom - silo.Now - SceneGrain.Notice.TotalSeconds, 2 - 1e-6, 2 + s_policy.W.TotalSeconds);
        silo.Advance(1);
        routing = await silo.Scene.SetPolicyAsync(s_policy with { K = 2 }, Cancellation);
        Assert.InRange(routing.CurrentFrom - silo.Now - SceneGrain.Notice.TotalSeconds, -1e-6, s_policy.W.TotalSeconds);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_change_before_the_last_one_took_hold_replaces_it()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.SetPolicyAsync(s_policy with { K = 1 }, Cancellation);
        silo.Advance(100);

        var routing = await silo.Scene.SetPolicyAsync(s_policy with { K = 2 }, Cancellation);

        Assert.Equal((2, 3), (routing.Current.K, routing.Previous.K));
        Assert.True(routing.CurrentFrom >= silo.Now + SceneGrain.Notice.TotalSeconds);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_policy_outlives_the_activation_and_the_silo()
    {
        var storage = new KeptStorage();
        SceneRouting routing;
        ManualClock clock;
        await using (var silo = await TestSilo.StartAsync(storage: storage))
        {
            clock = silo.Clock;
            routing = await silo.Scene.SetPolicyAsync(s_policy with { K = 1, Beta = 2.5, Keying = WindowKeying.Sequence }, Cancellation);
            await silo.StayIdleAsync(Cancellation);
            Assert.Equal(routing, await silo.Scene.GetRoutingAsync(Cancellation));
            Assert.Equal(1, storage.ReadsOf("scene")); // it stays, however long nobody asks
            await silo.EndSceneAsync();
            Assert.Equal(routing, await silo.Scene.GetRoutingAsync(Cancellation));
            Assert.Equal(2, storage.ReadsOf("scene"));
        }

        await using var next = await TestSilo.StartAsync(TestSilo.SceneOf(k: 2, n: 2), storage: storage, clock: clock);
        Assert.Equal(routing, await next.Scene.GetRoutingAsync(Cancellation));
        Assert.Equal(2, (await next.Scene.SetPolicyAsync(s_policy, Cancellation)).Version);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_policy_that_could_not_be_remembered_is_not_in_force()
    {
        var storage = new KeptStorage();
        await using var silo = await TestSilo.StartAsync(storage: storage);
        var before = await silo.Scene.SetPolicyAsync(s_policy with { K = 2 }, Cancellation);
        storage.IsAway = true;

        await Assert.ThrowsAsync<OrleansException>(() => silo.Scene.SetPolicyAsync(s_policy with { K = 1 }, Cancellation));

        Assert.Equal(before, await silo.Scene.GetRoutingAsync(Cancellation));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task While_a_policy_is_being_remembered_the_scene_answers_and_it_takes_hold_after_due_notice_all_the_same()
    {
        var storage = new KeptStorage();
        await using var silo = await TestSilo.StartAsync(storage: storage);
        var before = await silo.Scene.GetRoutingAsync(Cancellation);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        storage.Ready = ready.Task;

        var setting = silo.Scene.SetPolicyAsync(s_policy with { K = 1 }, Cancellation);
        Assert.Equal(before, await silo.Scene.GetRoutingAsync(Cancellation));
        silo.Advance(14_000);
        Assert.Equal(before, (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(1, 0, 0), Cancellation)).Routing);
        ready.SetResult();

        var routing = await setting;
        Assert.True(routing.CurrentFrom >= silo.Now + SceneGrain.Notice.TotalSeconds);
        Assert.Equal(routing, await silo.Scene.GetRoutingAsync(Cancellation));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Policies_change_under_way_and_no_window_is_lost(int seed)
    {
        const int Cameras = 6;
        var random = new Random(seed);
        await using var silo = await TestSilo.StartAsync(TestSilo.SceneOf(k: 3, n: 6));
        var published = await silo.FollowAsync();
        silo.Advance(2000); // its gateway has called by then
        var feed = new TokenFeed(silo, Cameras);
        for (var step = 0; step < 400; step++)
        {
            if (step % 80 == 40) await silo.Scene.SetPolicyAsync(AnyPolicy(random), Cancellation);
            await feed.CaptureAsync(Cancellation, [.. Enumerable.Range(0, Cameras).Where(_ => random.Next(4) == 0)]);
            silo.Advance(20);
        }

        await silo.StatisticsInTimeAsync(seen => seen.Decisions == feed.Opened.Count, Cancellation);
        var statistics = await silo.StatisticsInTimeAsync(
            seen => seen.Tokens + seen.Late + seen.Duplicates + seen.Surplus == feed.Sent, Cancellation);
        Assert.Equal((0, 0), (statistics.Repeated, statistics.Malformed));
        Assert.Equal(5, (await silo.Scene.GetRoutingAsync(Cancellation)).Version);
        Assert.True(feed.Opened.Values.Distinct().Count() >= 5, "every policy was in force");
        foreach (var row in silo.Log.Rows) ExpectDecidedBy(feed.Opened[row.Id], row);
        await DecisionOrder.ExpectOneOrderAsync(silo, published, feed.Opened.Count);
    }

    private static ScenePolicy AnyPolicy(Random random)
    {
        var n = random.Next(1, 8);
        return new ScenePolicy
        {
            K = random.Next(1, n + 1),
            N = n,
            T = TimeSpan.FromMilliseconds(random.Next(20, 300)),
            W = TimeSpan.FromMilliseconds(random.Next(1, 12) * 20),
            Linger = TimeSpan.FromMilliseconds(random.Next(240, 500)),
            Beta = random.NextDouble() * 4,
            Lanes = random.Next(1, 9),
        };
    }

    private static void ExpectDecidedBy(ScenePolicy policy, Decision decision)
    {
        Assert.Equal((double)decision.M / policy.N, decision.FillRatio);
        Assert.InRange(decision.M, decision.Cause == FireCause.K ? policy.K : 1, policy.N);
        if (decision.Cause == FireCause.T) Assert.True(decision.M < policy.K, $"{decision.M} of {policy.K} views, and yet it waited");
    }
}
