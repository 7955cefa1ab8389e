using System.Text.Json;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Http;

/// <summary>What live pages are told.</summary>
[Collection(WholeSilo.Name)]
public class LiveTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_page_that_opens_has_the_past_and_then_all_that_comes()
    {
        await using var silo = await HttpSilo.StartAsync();
        await silo.DecideAsync(0, 300);
        await using var page = await Events.OpenAsync(silo.Client, "/v1/live?scene=yard");

        var first = Of((await page.NextAsync()).Data);
        Assert.Equal([HttpSilo.Scene, HttpSilo.Other], first.Scenes.Select(scene => scene.Scene));
        Assert.Equal((300, 0), (first.Scenes[0].Decisions, first.Scenes[1].Decisions));
        Assert.Equal(Enumerable.Range(100, 200).Select(id => (long)id), first.Scene!.Decisions.Select(decision => decision.Id));
        Assert.Equal(256, first.Scene.Windows.Length);

        // Ten a time, which is less than an update holds: nothing is left out.
        var told = new List<long>();
        for (var from = 300; from < 360; from += 10)
        {
            await silo.DecideAsync(from, 10);
            var goal = from + 10;
            while (told.Count == 0 || told[^1] < goal - 1)
            {
                var update = Of((await page.NextAsync()).Data);
                told.AddRange(update.Scene!.Decisions.Select(decision => decision.Id));
                Assert.InRange(update.Scene.Windows.Length, 1, 48);
                Assert.InRange(update.Scene.Seconds.Length, 0, 2);
            }
        }

        // The first update may repeat what the past had.
        Assert.Equal(Enumerable.Range(300, 60).Select(id => (long)id), told.SkipWhile(id => id < 300));
    }

    [Fact(Timeout = 60_000)]
    public async Task Updates_come_ten_times_a_second_and_only_while_somebody_looks()
    {
        await using var silo = await HttpSilo.StartAsync();
        await using (var page = await Events.OpenAsync(silo.Client, "/v1/live"))
        {
            var updates = (await page.TakeAsync(22)).Skip(1).Select(item => Of(item.Data)).ToList();
            var intervals = updates.Zip(updates.Skip(1), (one, next) => next.Time - one.Time).Order().ToList();
            Assert.InRange(intervals[intervals.Count / 2], 0.095, 0.15); // the median: one stall of a busy machine is none of theirs
            Assert.All(updates, update => Assert.Null(update.Scene));
        }

        Assert.Equal(0, await ApiTests.UntilAsync(() => Task.FromResult(silo.Readers.Count), count => count == 0));
        await using var again = await Events.OpenAsync(silo.Client, "/v1/live?scene=gate");
        Assert.Equal(HttpSilo.Other, Of((await again.TakeAsync(3))[^1].Data).Scene!.Scene);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_scene_is_open_where_other_machines_reach_it_and_it_asks_for_no_tags()
    {
        foreach (var (address, expected) in new[] { ("0.0.0.0", new[] { true, false }), ("127.0.0.1", [false, false]) })
        {
            await using var silo = await HttpSilo.StartAsync(
                ("Jtfa:Ingress:Address", address), ("Jtfa:Scenes:1:Authentication", "Prefer"));
            await using var page = await Events.OpenAsync(silo.Client, "/v1/live");
            Assert.Equal(expected, Of((await page.NextAsync()).Data).Scenes.Select(scene => scene.Open));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Pages_of_different_scenes_are_told_of_their_own()
    {
        await using var silo = await HttpSilo.StartAsync();
        await using var yard = await Events.OpenAsync(silo.Client, "/v1/live?scene=yard");
        await using var gate = await Events.OpenAsync(silo.Client, "/v1/live?scene=gate");
        await using var none = await Events.OpenAsync(silo.Client, "/v1/live");
        Assert.All((await yard.TakeAsync(5)).Skip(1), item => Assert.Equal("yard", Of(item.Data).Scene!.Scene));
        Assert.All((await gate.TakeAsync(5)).Skip(1), item => Assert.Equal("gate", Of(item.Data).Scene!.Scene));
        Assert.All(await none.TakeAsync(5), item => Assert.Null(Of(item.Data).Scene));
    }

    [Fact(Timeout = 60_000)]
    public async Task Streams_end_at_once_when_the_silo_stops()
    {
        var silo = await HttpSilo.StartAsync();
        await using var page = await Events.OpenAsync(silo.Client, "/v1/live?scene=yard");
        await using var decisions = await Events.OpenAsync(silo.Client, "/v1/scenes/yard/decisions/live");
        var ended = Task.WhenAll(page.EndsAsync(), decisions.EndsAsync());
        await silo.StopAsync();
        Assert.All(await ended, Assert.True);
        silo.Folder.Delete(recursive: true);
    }

    private static LiveUpdate Of(string json) => JsonSerializer.Deserialize<LiveUpdate>(json, JtfaJson.Options)!;
}
