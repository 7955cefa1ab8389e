using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>What a scene says that keeps it from deciding as its policy asks.</summary>
public class SceneWarningTests
{
    private const int TestTimeout = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Views_of_one_moment_in_neighbouring_windows_are_told_with_what_to_change()
    {
        await using var silo = await TestSilo.StartAsync(TestSilo.SceneOf(k: 2, n: 2));
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(0, silo.Now, 10), Traffic(1, silo.Now, 10)]);
        var id = 0L;
        for (; id < 18; id++) await ReportAsync(silo, id, [(int)(id % 2)]);
        Assert.Empty(await WarningsAsync(silo)); // too few to tell

        for (; id < 40; id += 2)
        {
            // Lanes report in turns: the later window may come first.
            await ReportAsync(silo, id + 1, [1]);
            await ReportAsync(silo, id, [0]);
        }

        var warning = Assert.Single(await WarningsAsync(silo));
        Assert.Equal((SceneWarningKind.ViewsAlternate, silo.Now), (warning.Kind, warning.Since));
        Assert.Contains("40 of the last 40 fired by T with fewer than K=2 views", warning.Text, StringComparison.Ordinal);
        Assert.Contains("Keying=Arrival", warning.Text, StringComparison.Ordinal);

        for (; id < 90; id++) await ReportAsync(silo, id, [0, 1], FireCause.K);
        Assert.Empty(await WarningsAsync(silo));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Cameras_that_are_slower_than_the_windows_are_told_the_width_that_they_need()
    {
        await using var silo = await TestSilo.StartAsync(TestSilo.SceneOf(k: 2, n: 2));
        await silo.Scene.ReportTrafficAsync(
            "gateway", null, [Traffic(0, silo.Now, 10), Traffic(1, silo.Now, 10) with { RateHz = 4 }]);
        for (var id = 0L; id < 40; id++) await ReportAsync(silo, id, [(int)(id % 2)]);

        var warning = Assert.Single(await WarningsAsync(silo));
        Assert.Contains("sends every 250 ms: raise W (100 ms) to that", warning.Text, StringComparison.Ordinal);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("a view is away")]
    [InlineData("a view sends every second time")]
    [InlineData("tokens are lost")]
    public async Task Windows_that_lack_a_view_for_another_reason_are_not_taken_for_it(string reason)
    {
        await using var silo = await TestSilo.StartAsync(TestSilo.SceneOf(k: 2, n: 2));
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(0, silo.Now, 10), Traffic(1, silo.Now, 10)]);
        var random = new Random(5);
        for (var id = 0L; id < 300; id++)
        {
            int[] views = reason switch
            {
                "a view is away" => [0],
                "a view sends every second time" => id % 2 == 0 ? [0, 1] : [0],
                _ => [.. Enumerable.Range(0, 2).Where(_ => random.NextDouble() > 0.15)],
            };
            if (views.Length > 0) await ReportAsync(silo, id, views, views.Length == 2 ? FireCause.K : FireCause.T);
            Assert.Empty(await WarningsAsync(silo));
        }
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_K_that_can_never_be_reached_is_told_until_the_other_cameras_send()
    {
        await using var silo = await TestSilo.StartAsync(TestSilo.SceneOf(k: 3, n: 4));
        Assert.Empty(await WarningsAsync(silo));
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(0, silo.Now, 1), Traffic(2, silo.Now, 1)]);
        silo.Advance(9_999);
        Assert.Empty(await WarningsAsync(silo)); // the others may be starting

        silo.Advance(1);
        var warning = Assert.Single(await WarningsAsync(silo));
        Assert.Equal(SceneWarningKind.TooFewViews, warning.Kind);
        Assert.StartsWith("2 of 4 cameras have ever sent (views 0, 2), so that no window has the K=3 views", warning.Text);
        var told = await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0) { Events = 64 }, Cancellation);
        Assert.Single(told.Events, known => known.Kind == SceneEventKind.Warning && known.Text == warning.Text);

        silo.Advance(5_000);
        Assert.Equal(warning, Assert.Single(await WarningsAsync(silo)));
        await silo.Scene.ReportTrafficAsync("gateway", null, [Traffic(3, silo.Now, 1)]);
        Assert.Empty(await WarningsAsync(silo));
    }

    private static ViewTraffic Traffic(int view, double at, long tokens) => new(view, at, tokens, 100 * tokens, 10, 8, 0, 0.001, 0.002);

    private static async Task<SceneWarning[]> WarningsAsync(TestSilo silo) =>
        (await silo.Scene.GetSnapshotAsync(new SnapshotSpan(0, 0, 0), Cancellation)).Warnings;

    private static Task ReportAsync(TestSilo silo, long id, int[] views, FireCause cause = FireCause.T) =>
        silo.Scene.ReportAsync(SampleDecision.Create(silo, id, gt: -1) with
        {
            Cause = cause,
            M = views.Length,
            Views = views,
            FillRatio = views.Length / 2.0,
        });
}
