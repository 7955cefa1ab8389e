using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A scene whose K and T adapt: what it puts in force, whom it tells, and that no window is lost on the way.</summary>
public class AdaptiveSceneTests
{
    private const int TestTimeout = 60_000;

    private static readonly SceneOptions s_scene = new()
    {
        Name = TestSilo.SceneName,
        K = 3,
        N = 4,
        Timeout = WindowTimeout.Adaptive,
        KMin = 2,
        T = 120,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task It_begins_with_the_policys_K_and_T_and_windows_stay_as_long_as_with_the_longest_T()
    {
        await using var silo = await TestSilo.StartAsync(s_scene);

        var routing = await silo.Scene.GetRoutingAsync(Cancellation);

        Assert.Equal(s_scene.ToPolicy(), routing.Current);
        Assert.Equal(s_scene.ToPolicy(), routing.At(silo.Now));
        AssertInForce(routing.InForceAt(silo.Now), k: 3, 120, 120);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task T_falls_to_what_the_views_need_gateways_are_told_and_nothing_is_stored()
    {
        var storage = new KeptStorage();
        await using var silo = await TestSilo.StartAsync(s_scene, storage: storage);
        var gateway = new Gateway(silo);
        await gateway.CallAsync();
        await silo.Scene.GetSnapshotAsync(new SnapshotSpan(1, 0, 0), Cancellation); // seconds count from the first look
        storage.IsAway = true;

        await WindowsAsync(silo, 2, 0, 0.001, 0.003, 0.004);

        var routing = await silo.Scene.GetRoutingAsync(Cancellation);
        AssertInForce(routing.InForceAt(silo.Now), k: 3, 5, 5.2);
        Assert.Equal(0, routing.Version);
        Assert.Equal(routing, await gateway.LastToldAsync(routing));
        var second = (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(2, 0, 0), Cancellation)).Seconds[^1];
        Assert.Equal(routing.InForceAt(silo.Now).T, second.T);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_straggler_that_is_needed_is_waited_for_within_ten_seconds_and_no_longer_when_it_is_not()
    {
        await using var silo = await TestSilo.StartAsync(s_scene);
        await WindowsAsync(silo, 5, 0, 0.001, 0.003);
        AssertInForce(await InForceAsync(silo), k: 3, 5, 5.2);
        await WindowsAsync(silo, 2, 0, 0.001, 0.090);
        AssertInForce(await InForceAsync(silo), k: 3, 92, 97);
        await WindowsAsync(silo, 10, 0, 0.001, 0.003);
        AssertInForce(await InForceAsync(silo), k: 3, 5, 5.2);
        await WindowsAsync(silo, 2, 0, 0.001, 0.400);
        AssertInForce(await InForceAsync(silo), k: 3, 250, 250);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task K_falls_while_views_are_silent_and_rises_when_they_return_and_each_change_is_an_event()
    {
        await using var silo = await TestSilo.StartAsync(s_scene);
        await silo.Scene.AnnounceAsync(2, "shelf");
        await WindowsAsync(silo, 6, 0, 0.001, 0.003, 0.004);
        await WindowsAsync(silo, 4, 0, 0.001);
        Assert.Equal(2, (await InForceAsync(silo)).K);
        await WindowsAsync(silo, 4, [0.0]);
        Assert.Equal(2, (await InForceAsync(silo)).K);
        await WindowsAsync(silo, 2, 0, 0.001, 0.003);
        Assert.Equal(3, (await InForceAsync(silo)).K);

        var events = (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0, 64), Cancellation)).Events;
        Assert.Equal(
            ["K falls 3 → 2: shelf, view 3 silent", "K rises 2 → 3: shelf heard again"],
            events.Where(one => one.Kind == SceneEventKind.Adapted).Select(one => one.Text));
        Assert.Equal(3, (await silo.Scene.GetRoutingAsync(Cancellation)).Current.K);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Another_policy_goes_on_with_what_is_known_and_the_old_one_stays_in_force_until_its_moment()
    {
        await using var silo = await TestSilo.StartAsync(s_scene);
        await WindowsAsync(silo, 3, 0, 0.001, 0.003, 0.004);

        var policy = s_scene.ToPolicy() with { Margin = TimeSpan.FromMilliseconds(20), W = TimeSpan.FromMilliseconds(50) };
        var routing = await silo.Scene.SetPolicyAsync(policy, Cancellation);

        AssertInForce(routing.InForceAt(silo.Now), k: 3, 5, 5.2);
        AssertInForce(routing.InForceAt(routing.CurrentFrom), k: 3, 23, 23.2);
        Assert.Equal(policy.W, routing.InForceAt(routing.CurrentFrom).W);

        routing = await silo.Scene.SetPolicyAsync(policy with { Timeout = WindowTimeout.Fixed, KMin = null }, Cancellation);
        Assert.Equal(routing.Current, routing.InForceAt(routing.CurrentFrom));
        Assert.Null(routing.CurrentInForce);
        await WindowsAsync(silo, 2, 0, 0.001, 0.003, 0.004);
        Assert.Null((await silo.Scene.GetRoutingAsync(Cancellation)).CurrentInForce);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_scene_that_ends_begins_anew_and_a_clock_that_is_set_does_not_confuse_it()
    {
        await using var silo = await TestSilo.StartAsync(s_scene);
        await WindowsAsync(silo, 3, 0, 0.001, 0.003, 0.004);
        await silo.EndSceneAsync();
        AssertInForce(await InForceAsync(silo), k: 3, 120, 120);

        await WindowsAsync(silo, 3, 0, 0.001, 0.003, 0.004);
        silo.Clock.Set(TimeSpan.FromHours(-1));
        await silo.Scene.TakeClockAsync(1, new ClockStep(silo.Now, -3600));
        AssertInForce(await InForceAsync(silo), k: 3, 120, 120);
        await WindowsAsync(silo, 1, 0, 0.001, 0.003, 0.004);
        AssertInForce(await InForceAsync(silo), k: 3, 5, 5.2);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Delays_that_cannot_be_are_refused()
    {
        await using var silo = await TestSilo.StartAsync(s_scene);
        foreach (var wrong in (WindowDelays[])[
            new(silo.Now, [0, 1], [0]), new(silo.Now, [0], [-1]), new(silo.Now, [0], [double.NaN]), new(double.NaN, [0], [0]),
            new(silo.Now, [-1], [0])])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => silo.Scene.ReportAsync(new LaneReport([], [], [wrong])));
        }
    }

    // The whole loop: cameras, gateway, lanes, scene and back, with a clock that tests move.
    [Theory(Timeout = TestTimeout)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Lanes_tell_what_the_scene_adapts_to_and_every_window_is_decided_once(int seed)
    {
        var random = new Random(seed);
        await using var silo = await TestSilo.StartAsync(s_scene);
        var feed = new TokenFeed(silo, cameras: 4);
        await feed.CaptureAsync(Cancellation);
        for (var moment = 0; moment < 200; moment++)
        {
            // Links fade, now two at once; a policy is set in between.
            int[] silent = random.Next(6) == 0 ? [random.Next(4), random.Next(4)] : [];
            silo.Advance(97);
            await feed.CaptureApartAsync(silent, Cancellation);
            if (moment == 120)
                await silo.Scene.SetPolicyAsync(s_scene.ToPolicy() with { Beta = 2 }, Cancellation);
        }

        silo.Advance(2000);
        await feed.CaptureAsync(Cancellation);
        await silo.StatisticsInTimeAsync(seen => seen.Decisions == feed.Opened.Count, Cancellation);
        Assert.Equal(feed.Opened.Keys.Order(), silo.Log.Rows.Select(row => row.Id).Order());
        var statistics = await silo.Scene.GetStatisticsAsync(Cancellation);
        Assert.Equal((0, 0), (statistics.Repeated, statistics.Malformed));
        AssertInForce(await InForceAsync(silo), k: 3, 4, 5.2);
    }

    private static async Task<ScenePolicy> InForceAsync(TestSilo silo) =>
        (await silo.Scene.GetRoutingAsync(Cancellation)).InForceAt(silo.Now);

    // T lies between two numbers of milliseconds; windows go 250 + 250 ms after they opened, whatever it is.
    private static void AssertInForce(ScenePolicy policy, int k, double least, double most)
    {
        Assert.Equal(k, policy.K);
        Assert.InRange(policy.T.TotalMilliseconds, least, most);
        Assert.Equal(500, (policy.T + policy.Linger).TotalMilliseconds, 1e-3);
    }

    // Ten windows a second have gone, each with views 0, 1, … at these times after the first.
    private static async Task WindowsAsync(TestSilo silo, double seconds, params double[] delays)
    {
        for (var window = 0; window < seconds * 10; window++)
        {
            silo.Advance(100);
            var gone = new WindowDelays(silo.Now - 0.5, [.. Enumerable.Range(0, delays.Length)], delays);
            await silo.Scene.ReportAsync(new LaneReport([], [], [gone]));
        }
    }

    private sealed class Gateway : IGatewayObserver
    {
        private readonly Channel<SceneRouting> _told = Channel.CreateUnbounded<SceneRouting>();
        private readonly TestSilo _silo;
        private readonly IGatewayObserver _self;

        public Gateway(TestSilo silo) => (_silo, _self) = (silo, silo.Grains.CreateObjectReference<IGatewayObserver>(this));

        public Task<SceneRouting> CallAsync() => _silo.Scene.ReportTrafficAsync("gateway", _self, []);

        public async Task<SceneRouting> LastToldAsync(SceneRouting expected)
        {
            await foreach (var told in _told.Reader.ReadAllAsync(Cancellation))
                if (told == expected) return told;
            throw new InvalidOperationException("It was told nothing.");
        }

        public async Task RouteAsync(string scene, SceneRouting routing) => await _told.Writer.WriteAsync(routing);
    }
}
