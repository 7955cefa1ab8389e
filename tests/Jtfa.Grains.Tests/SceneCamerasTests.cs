using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A scene's cameras and windows, as its snapshot has them.</summary>
public class SceneCamerasTests
{
    private const int TestTimeout = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = TestTimeout)]
    [InlineData(10, 1000)]
    [InlineData(100, 1000)]
    [InlineData(0.5, 6000)]
    [InlineData(0, 1000)] // no rate known yet
    public async Task A_camera_that_stops_is_missing_after_a_second_and_three_periods(double rateHz, double patience)
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now, 10) with { RateHz = rateHz }]);

        silo.Advance(patience - 1);
        Assert.Equal(CameraTiming.OnTime, (await CameraAsync(silo, 3)).Timing);
        silo.Advance(2);
        Assert.Equal(CameraTiming.Missing, (await CameraAsync(silo, 3)).Timing);
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now, 11) with { RateHz = rateHz }]);
        Assert.Equal(CameraTiming.OnTime, (await CameraAsync(silo, 3)).Timing);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_camera_is_late_when_most_of_its_last_twenty_tokens_were()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(2, silo.Now, 1)]);
        var id = 0;
        for (; id < 30; id++) await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: -1));
        for (; id < 40; id++) await silo.Scene.CloseAsync(new WindowTally(1, 0, 0, id, [2]));
        Assert.Equal((CameraTiming.OnTime, 30, 10), await TimingAsync());

        await silo.Scene.CloseAsync(new WindowTally(1, 0, 0, id, [2]));
        Assert.Equal((CameraTiming.Late, 30, 11), await TimingAsync());

        for (; id < 50; id++) await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: -1));
        Assert.Equal((CameraTiming.OnTime, 40, 11), await TimingAsync());

        async Task<(CameraTiming, long, long)> TimingAsync() =>
            await CameraAsync(silo, 2) is var camera ? (camera.Timing, camera.OnTime, camera.Late) : default;
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Who_comes_after_the_window_has_fired_is_told_when_it_goes()
    {
        await using var silo = await TestSilo.StartAsync();
        var policy = (await silo.Scene.GetRoutingAsync(Cancellation)).Current;
        await silo.AddAsync(7, policy, [new(2, silo.Now), new(0, silo.Now), new(1, silo.Now)]);
        await silo.AddAsync(7, policy, [new(5, silo.Now), new(1, silo.Now), new(4, silo.Now), new(5, silo.Now)]);
        await silo.StatisticsWhenAsync(seen => seen.Decisions > 0, Cancellation);
        var fired = Assert.Single((await SnapshotAsync(silo)).Windows);

        var statistics = await silo.StatisticsInTimeAsync(seen => seen.Late > 0, Cancellation);

        var snapshot = await SnapshotAsync(silo);
        var gone = Assert.Single(snapshot.Windows);
        Assert.Equal((7, FireCause.K), (fired.Decision, fired.Cause));
        Assert.Equal([0, 1, 2], fired.OnTime);
        Assert.Empty(fired.Late);
        Assert.Equal([0, 1, 2], gone.OnTime);
        Assert.Equal([4, 5], gone.Late);
        Assert.Equal(4, statistics.Late);
        Assert.Equal(
            [(0, 1, 0), (1, 1, 0), (2, 1, 0), (4, 0, 1), (5, 0, 1)],
            snapshot.Cameras.Select(camera => (camera.View, (int)camera.OnTime, (int)camera.Late)));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task The_last_windows_are_kept_in_order_and_one_that_is_gone_still_counts_for_its_cameras()
    {
        await using var silo = await TestSilo.StartAsync();
        for (var id = 0; id < 300; id++) await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: -1));
        await silo.Scene.CloseAsync(new WindowTally(1, 0, 0, 0, [9]));
        await silo.Scene.CloseAsync(new WindowTally(1, 0, 0, 298, [9]));

        var windows = (await SnapshotAsync(silo)).Windows;

        Assert.Equal(Enumerable.Range(44, WindowArrivals.MostKept).Select(id => (long)id), windows.Select(window => window.Decision));
        Assert.Equal([298], windows.Where(window => window.Late is [9]).Select(window => window.Decision));
        Assert.Equal(2, (await CameraAsync(silo, 9)).Late);
        Assert.Equal(
            [298, 299],
            (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 2, 0), Cancellation)).Windows.Select(window => window.Decision));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_gateways_received_is_summed_and_the_newest_tells_the_rest()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportTrafficAsync("one", null, [Traffic(3, silo.Now - 2, 100) with { Lost = 5, RateHz = 7 }]);
        await silo.Scene.ReportTrafficAsync(
            "two", null, [Traffic(3, silo.Now, 10) with { Lost = 1, RateHz = 9, Kbps = 8, Jitter = 0.25, ClockOffset = -0.5 }]);
        await silo.Scene.ReportTrafficAsync("one", null, [Traffic(3, silo.Now - 1, 120) with { Lost = 6, RateHz = 7 }]);

        var camera = await CameraAsync(silo, 3);

        Assert.Equal((130, 13_000, 7), (camera.Tokens, camera.Bytes, camera.Lost));
        Assert.Equal((9, 8, 0.25, -0.5, silo.Now), (camera.RateHz, camera.Kbps, camera.Jitter, camera.ClockOffset, camera.LastTokenAt));
        Assert.Equal(7 / 137.0, camera.LossRatio);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Gateways_that_restart_are_neither_counted_twice_nor_forgotten()
    {
        await using var silo = await TestSilo.StartAsync();
        for (var restart = 0; restart < 30; restart++)
        {
            for (var told = 1; told <= 3; told++)
            {
                silo.Advance(250);
                await silo.Scene.ReportTrafficAsync($"gateway/{restart}", null, [Traffic(3, silo.Now, 10 * told) with { Lost = told }]);
            }
        }

        var camera = await CameraAsync(silo, 3);
        Assert.Equal((30 * 30, 30 * 30 * 100, 30 * 3), (camera.Tokens, camera.Bytes, camera.Lost));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_gateway_that_had_to_forget_a_view_goes_on_from_what_it_had_told()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now, 100) with { Lost = 5 }]);
        silo.Advance(70_000);
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now, 1)]);
        silo.Advance(100);
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now, 2)]);

        var camera = await CameraAsync(silo, 3);
        Assert.Equal((102, 10_200, 5), (camera.Tokens, camera.Bytes, camera.Lost));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Invented_views_displace_each_other_and_no_camera_that_sends()
    {
        await using var silo = await TestSilo.StartAsync();
        for (var view = 1000; view < 11_000; view += 100)
        {
            silo.Advance(10);
            await silo.Scene.ReportTrafficAsync(
                "gateway", null,
                [Traffic(3, silo.Now, view), .. Enumerable.Range(view, 100).Select(invented => Traffic(invented, silo.Now - 0.005, 1))]);
        }

        var cameras = (await SnapshotAsync(silo)).Cameras;

        Assert.Equal(2 * ScenePolicy.MaxViews, cameras.Length);
        Assert.Equal(cameras.Select(camera => camera.View).Order(), cameras.Select(camera => camera.View));
        Assert.Equal((3, 10_900), (cameras[0].View, cameras[0].Tokens));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_camera_tells_its_name_and_tells_it_again_to_a_scene_that_has_forgotten_it()
    {
        var storage = new KeptStorage();
        await using (var silo = await TestSilo.StartAsync(storage: storage))
        {
            silo.Cameras.Catalog.Set(CameraViewGrainTests.Config);
            await silo.Camera("gate").StartAsync(Cancellation);
            silo.Advance(1);
            Assert.Equal(CameraTiming.Missing, (await NamedAsync(silo)).Timing); // it has sent nothing yet

            // So many newer views that it is forgotten.
            silo.Advance(1000);
            await silo.Scene.ReportTrafficAsync(
                "gateway", null, [.. Enumerable.Range(1000, 2 * ScenePolicy.MaxViews).Select(view => Traffic(view, silo.Now, 1))]);
            Assert.DoesNotContain((await SnapshotAsync(silo)).Cameras, camera => camera.Camera is not null);
            silo.Advance(5000);
            await NamedAsync(silo);
        }

        // The scene comes up elsewhere, and so does the camera.
        await using var next = await TestSilo.StartAsync(storage: storage);
        next.Cameras.Catalog.Set(CameraViewGrainTests.Config);
        await next.Camera("gate").GetStatusAsync(Cancellation);
        next.Advance(1);
        await NamedAsync(next);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(-1, 0, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(0, 0, int.MinValue)]
    public async Task A_span_below_nothing_is_refused(int seconds, int windows, int decisions)
    {
        await using var silo = await TestSilo.StartAsync();

        var fault = await Assert.ThrowsAsync<ArgumentException>(
            () => silo.Scene.GetSnapshotAsync(new SnapshotSpan(seconds, windows, decisions), Cancellation));
        Assert.Contains("allowed is 0 or more", fault.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_snapshot_has_the_scenes_name_time_policy_statistics_and_last_decisions()
    {
        await using var silo = await TestSilo.StartAsync();
        var empty = await SnapshotAsync(silo);
        for (var id = 0; id < 5; id++) await silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: 1));

        var snapshot = await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 2), Cancellation);

        Assert.Equal((0, 0, 0, 0), (empty.Cameras.Length, empty.Seconds.Length, empty.Windows.Length, empty.Decisions.Length));
        Assert.Equal((TestSilo.SceneName, silo.Now), (snapshot.Scene, snapshot.Time));
        Assert.Equal(await silo.Scene.GetRoutingAsync(Cancellation), snapshot.Routing);
        Assert.Equal(5, snapshot.Statistics.Decisions);
        Assert.Equal([3, 4], snapshot.Decisions.Select(decision => decision.Id));
        Assert.Empty(snapshot.Windows);
    }

    private static ViewTraffic Traffic(int view, double at, long tokens) => new(view, at, tokens, 100 * tokens, 10, 8, 0, 0.001, 0.002);

    private static Task<SceneSnapshot> SnapshotAsync(TestSilo silo) =>
        silo.Scene.GetSnapshotAsync(new SnapshotSpan(1000, 1000, 1000), Cancellation);

    private static async Task<CameraHealth> CameraAsync(TestSilo silo, int view) =>
        Assert.Single((await SnapshotAsync(silo)).Cameras, camera => camera.View == view);

    // The camera tells on a turn that nobody waits for.
    private static async Task<CameraHealth> NamedAsync(TestSilo silo)
    {
        while (true)
        {
            Cancellation.ThrowIfCancellationRequested();
            if ((await SnapshotAsync(silo)).Cameras.SingleOrDefault(camera => camera.Camera is not null) is { } named)
            {
                Assert.Equal((CameraViewGrainTests.Config.View, CameraViewGrainTests.Config.Camera), (named.View, named.Camera));
                return named;
            }

            await Task.Yield();
        }
    }
}
