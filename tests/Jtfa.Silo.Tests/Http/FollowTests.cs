using System.Diagnostics;
using System.Text.Json;
using Jtfa.Interfaces;
using Jtfa.Silo.Http;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Http;

/// <summary>A scene's live decisions as server-sent events: each once and in order, whatever becomes of the connection.</summary>
[Collection(WholeSilo.Name)]
public class FollowTests
{
    private const string Live = "/v1/scenes/yard/decisions/live";

    [Fact(Timeout = 60_000)]
    public async Task A_follower_hears_of_each_decision_once_and_in_order_as_the_api_tells_it()
    {
        await using var silo = await HttpSilo.StartAsync();
        await silo.DecideAsync(0, 5);
        await using var events = await Events.OpenAsync(silo.Client, Live);
        await silo.DecideAsync(5, 2_000);

        var items = await events.TakeAsync(2_000);

        Assert.Equal(Enumerable.Range(5, 2_000).Select(id => (long)id), items.Select(item => Of(item.Data).Id));
        Assert.All(items, item => Assert.Equal("decision", item.EventType));
        await CommittedAsync(silo, 5);
        Assert.Equal(items[0].Data, await silo.Client.GetStringAsync("/v1/scenes/yard/decisions/5", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_follower_may_begin_with_the_last_decisions_whether_somebody_has_listened_or_not()
    {
        await using var silo = await HttpSilo.StartAsync();
        await silo.DecideAsync(0, 50);
        await CommittedAsync(silo, 49);
        await using var unheard = await Events.OpenAsync(silo.Client, $"{Live}?last=20");
        Assert.Equal(Ids(30, 20), (await unheard.TakeAsync(20)).Select(item => Of(item.Data).Id));

        await silo.DecideAsync(50, 30);
        await using var heard = await Events.OpenAsync(silo.Client, $"{Live}?last=20");
        Assert.Equal(Ids(60, 20), (await heard.TakeAsync(20)).Select(item => Of(item.Data).Id));
        Assert.Equal(Ids(50, 30), (await unheard.TakeAsync(30)).Select(item => Of(item.Data).Id));

        await using var all = await Events.OpenAsync(silo.Client, $"{Live}?last=1000");
        Assert.Equal(Ids(0, 80), (await all.TakeAsync(80)).Select(item => Of(item.Data).Id));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(10)] // the feed still has it
    [InlineData(DecisionFeed.Capacity + 3_000)] // only the log has it
    public async Task Nothing_is_missed_or_repeated_across_a_reconnect(int meanwhile)
    {
        await using var silo = await HttpSilo.StartAsync();
        string last;
        await using (var before = await Events.OpenAsync(silo.Client, Live))
        {
            await silo.DecideAsync(0, 100);
            last = (await before.TakeAsync(37))[^1].EventId!;
        }

        await silo.DecideAsync(100, meanwhile);
        await using var after = await Events.OpenAsync(silo.Client, Live, last);
        await silo.DecideAsync(100 + meanwhile, 50);

        var items = await after.TakeAsync(63 + meanwhile + 50);

        Assert.Equal(Ids(37, 63 + meanwhile + 50), items.Select(item => Of(item.Data).Id));
    }

    [Fact(Timeout = 120_000)]
    public async Task Nothing_is_missed_or_repeated_across_a_restart_of_the_silo()
    {
        var silo = await HttpSilo.StartAsync();
        string last;
        await using (var before = await Events.OpenAsync(silo.Client, Live))
        {
            await silo.DecideAsync(0, 100);
            last = (await before.TakeAsync(60))[^1].EventId!;
            var ended = before.EndsAsync();
            await silo.StopAsync();
            Assert.True(await ended);
        }

        await using var again = await HttpSilo.StartAsync(silo.Folder, port: 0);
        await using var after = await Events.OpenAsync(again.Client, Live, last);
        await again.DecideAsync(100, 20);
        Assert.Equal(Ids(60, 60), (await after.TakeAsync(60)).Select(item => Of(item.Data).Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task Behind_a_decision_that_the_log_does_not_have_come_those_that_fired_after_it_and_in_the_second_before()
    {
        await using var silo = await HttpSilo.StartAsync();
        await silo.DecideAsync(0, 1_500);
        await CommittedAsync(silo, 1_499);
        var lost = HttpSilo.Made(1_020); // one fires every millisecond
        await using var events = await Events.OpenAsync(silo.Client, Live, FormattableString.Invariant($"777777@{lost.Timestamp:R}"));
        Assert.Equal(Ids(20, 1_480), (await events.TakeAsync(1_480)).Select(item => Of(item.Data).Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_no_stream_tells_of_is_found_in_the_log_when_it_has_been_silent_for_a_while()
    {
        await using var silo = await HttpSilo.StartAsync();
        await using var events = await Events.OpenAsync(silo.Client, Live);
        await silo.DecideAsync(5_000_000, 3);
        await events.TakeAsync(3);
        await silo.LogAsync(5_000_003, 20);
        Assert.Equal(Ids(5_000_003, 20), (await events.TakeAsync(20)).Select(item => Of(item.Data).Id));
        await silo.DecideAsync(5_000_023, 5);
        Assert.Equal(Ids(5_000_023, 5), (await events.TakeAsync(5)).Select(item => Of(item.Data).Id));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)] // nothing was handed over yet
    [InlineData(20)]
    public async Task What_a_scene_publishes_that_does_not_know_its_readers_any_more_is_told_within_a_second_or_so(int before)
    {
        await using var silo = await HttpSilo.StartAsync();
        await using var events = await Events.OpenAsync(silo.Client, Live);
        var from = HttpSilo.NextId();
        await silo.DecideAsync(from, before);
        await events.TakeAsync(before);
        await silo.EndSceneAsync();

        var decided = Stopwatch.GetTimestamp();
        await silo.DecideAsync(from + before, 10);
        Assert.Equal(Ids(from + before, 10), (await events.TakeAsync(10)).Select(item => Of(item.Data).Id));
        // not by looking after a silence
        Assert.InRange(Stopwatch.GetElapsedTime(decided).TotalSeconds, 0, EventStream.Heartbeat.TotalSeconds - 1);
        await silo.DecideAsync(from + before + 10, 5);
        Assert.Equal(Ids(from + before + 10, 5), (await events.TakeAsync(5)).Select(item => Of(item.Data).Id));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reader_that_falls_far_behind_is_given_all_of_it_later()
    {
        await using var silo = await HttpSilo.StartAsync();
        await using var events = await Events.OpenAsync(silo.Client, Live);
        const int Many = 4 * DecisionFeed.Capacity; // some 5 MB: more than socket buffers take

        await silo.DecideAsync(0, Many); // while nobody reads

        Assert.Equal(Ids(0, Many), (await events.TakeAsync(Many)).Select(item => Of(item.Data).Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task Readers_beyond_the_most_are_refused_and_let_in_when_another_has_gone()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Http:MaxReaders", "2"));
        var first = await Events.OpenAsync(silo.Client, Live);
        await using var second = await Events.OpenAsync(silo.Client, "/v1/live");

        var refused = await silo.Client.GetAsync(Live, TestContext.Current.CancellationToken);
        Assert.Equal((503, "5"), ((int)refused.StatusCode, refused.Headers.RetryAfter?.ToString()));
        Assert.Contains("2 live readers already", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        await first.DisposeAsync();
        await Condition.HoldsAsync(() => silo.Readers.Count, count => count == 1, "one reader");
        await using var third = await Events.OpenAsync(silo.Client, Live);
        await silo.DecideAsync(0, 1);
        Assert.Equal(0, Of((await third.NextAsync()).Data).Id);
    }

    private static Decision Of(string json) => JsonSerializer.Deserialize<Decision>(json, JtfaJson.Options)!;

    private static IEnumerable<long> Ids(long from, int count) => Enumerable.Range(0, count).Select(i => from + i);

    private static async Task CommittedAsync(HttpSilo silo, long id)
    {
        while (!(await silo.Client.GetAsync($"/v1/scenes/yard/decisions/{id}", TestContext.Current.CancellationToken)).IsSuccessStatusCode)
        {
            // asked again until it is, or the test's time is over
        }
    }
}
