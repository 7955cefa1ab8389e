using System.Globalization;
using Jtfa.Page.Tests.Stage;
using Microsoft.Playwright;

namespace Jtfa.Page.Tests;

/// <summary>Fifty scenes at ten updates a second, in a browser that draws by software.</summary>
public sealed class FrameTests
{
    private const int Seconds = 10;

    private const string Watch = """
        () => new Promise(done => {
          const gaps = [];
          let last = performance.now();
          const end = last + 10000;
          const next = now => { gaps.push(now - last); last = now; if (now < end) requestAnimationFrame(next); else done(gaps.slice(1)); };
          requestAnimationFrame(next);
        })
        """;

    private readonly Chromium _chromium;
    private readonly ITestOutputHelper _output;

    public FrameTests(Chromium chromium, ITestOutputHelper output) => (_chromium, _output) = (chromium, output);

    [Fact(Timeout = 60_000)]
    public async Task Fifty_scenes_drop_no_frames_and_leave_nothing_behind()
    {
        await using var silo = await ScriptedSilo.StartAsync(
            scenes: [.. Enumerable.Range(0, 50).Select(index => new ScriptedScene($"scene-{index}", 4 + (index % 5)))]);
        for (var index = 3; index < 50; index += 7) silo.Scenes[index].Late = [2];
        await using var page = await _chromium.OpenAsync(silo.Url, "#scene=scene-4");
        await Assertions.Expect(page["#scenes-list a"]).ToHaveCountAsync(50);
        await Assertions.Expect(page.Camera("yard")).ToBeVisibleAsync();
        await using var session = new Counters(await page.Page.Context.NewCDPSessionAsync(page.Page));

        var before = await session.ReadAsync();
        var gaps = await page.Page.EvaluateAsync<double[]>(Watch);
        var after = await session.ReadAsync();

        Array.Sort(gaps);
        var (p50, p99) = (gaps[gaps.Length / 2], gaps[gaps.Length * 99 / 100]);
        var slow = gaps.Count(gap => gap > 50);
        var busy = (after.Busy - before.Busy) / Seconds;
        var heap = (after.Heap - before.Heap) / 1e6;
        var nodes = after.Nodes - before.Nodes;
        _output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{gaps.Length} frames in {Seconds} s; interval p50 {p50:F1} ms, p99 {p99:F1} ms, longest {gaps[^1]:F1} ms; {slow} over 50 " +
            $"ms; main thread busy {busy:P0}; heap {heap:+0.0;-0.0} MB, nodes {nodes:+0;-0;0}"));
        await page.PictureAsync("fifty-scenes", isWhole: false);

        // The machine has two cores, which others use too: what is asked is that ten drawings a second leave time for more.
        Assert.True(p50 < 20 && p99 < 100, $"frame interval p50 {p50} ms, p99 {p99} ms");
        Assert.True(busy < 0.6, $"main thread busy {busy:P0}");
        Assert.True(heap < 4, $"heap grew by {heap} MB");
        Assert.True(nodes < 100, $"{nodes} nodes more");
        page.AssertClean();
    }

    /// <summary>What Chromium counts of a page.</summary>
    private sealed class Counters(ICDPSession session) : IAsyncDisposable
    {
        public async Task<(double Busy, double Heap, double Nodes)> ReadAsync()
        {
            await session.SendAsync("Performance.enable");
            await session.SendAsync("HeapProfiler.collectGarbage");
            var metrics = (await session.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
                .ToDictionary(metric => metric.GetProperty("name").GetString()!, metric => metric.GetProperty("value").GetDouble());
            return (metrics["TaskDuration"], metrics["JSHeapUsedSize"], metrics["Nodes"]);
        }

        public async ValueTask DisposeAsync() => await session.DetachAsync();
    }
}
