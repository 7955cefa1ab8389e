#if !ORLEANS
using System.Globalization;
using Orleans.Streams;

namespace Orleans.Embedded.Tests;

/// <summary>What this engine's streams do when a subscriber is slow, fails or goes; Orleans' own redeliver and keep subscriptions.</summary>
public sealed class SlowSubscriberTests(EngineFixture engine) : EngineTests(engine)
{
    private const int QueueLength = 16_384;

    [Fact]
    public async Task A_subscriber_that_falls_too_far_behind_loses_the_oldest_items_and_is_told_how_many()
    {
        var stream = NewStream();
        var (taking, gate, done) = (Signal(), Signal(), Signal());
        var seen = new List<string>();
        await stream.SubscribeAsync(
            async (item, _) =>
            {
                taking.TrySetResult();
                await gate.Task;
                seen.Add(item);
                if (seen.Count == QueueLength + 2) done.SetResult();
            },
            error =>
            {
                seen.Add(error.Message);
                return Task.CompletedTask;
            }).Soon();
        await stream.OnNextAsync("first").Soon();
        await taking.Soon();
        for (var i = 0; i < QueueLength + 100; i++) await stream.OnNextAsync(i.ToString(CultureInfo.InvariantCulture));
        gate.SetResult();
        await done.Soon();

        Assert.Equal("first", seen[0]);
        Assert.StartsWith("100 items", seen[1], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(100, QueueLength).Select(i => i.ToString(CultureInfo.InvariantCulture)), seen.Skip(2));
    }

    [Fact]
    public async Task A_client_that_takes_its_time_does_not_hold_up_others()
    {
        var stream = NewStream();
        var (gate, took) = (Signal(), Signal());
        await stream.SubscribeAsync((_, _) => gate.Task).Soon();
        await stream.SubscribeAsync((_, _) => Task.FromResult(took.TrySetResult())).Soon();
        await stream.OnNextAsync("item").Soon();
        await took.Soon();
        gate.SetResult();
    }

    [Fact]
    public async Task A_failing_subscriber_gets_the_next_item()
    {
        var stream = NewStream();
        var done = Signal();
        var items = new List<string>();
        await stream.SubscribeAsync((item, _) =>
        {
            items.Add(item);
            if (items.Count == 3) done.SetResult();
            throw new InvalidOperationException("no");
        }).Soon();
        foreach (var item in new[] { "1", "2", "3" }) await stream.OnNextAsync(item).Soon();
        await done.Soon();

        Assert.Equal(["1", "2", "3"], items);
    }

    [Fact]
    public async Task An_error_that_is_published_comes_to_subscribers_in_its_place()
    {
        var stream = NewStream();
        var done = Signal();
        var seen = new List<string>();
        await stream.SubscribeAsync(
            (item, _) =>
            {
                seen.Add(item);
                if (item == "after") done.SetResult();
                return Task.CompletedTask;
            },
            error =>
            {
                seen.Add(error.Message);
                return Task.CompletedTask;
            }).Soon();
        await stream.OnNextAsync("before").Soon();
        await stream.OnErrorAsync(new InvalidOperationException("error")).Soon();
        await stream.OnNextAsync("after").Soon();
        await done.Soon();

        Assert.Equal(["before", "error", "after"], seen);
    }

    [Fact]
    public async Task A_grains_subscription_ends_with_its_activation()
    {
        var (stream, key) = (NewStream(), NewKey());
        var activations = 0;
        var (deactivated, took) = (Signal(), Signal());
        Engine.Acts.Set(key, Moment.Activating, (_, _) => Task.FromResult(++activations));
        Engine.Acts.Set(key, Moment.Deactivating, (_, _) => Task.FromResult(deactivated.TrySetResult()));
        await NewActor(key).PlayAsync(Act(async actor =>
        {
            await stream.SubscribeAsync((_, _) => Task.CompletedTask);
            actor.DeactivateOnIdle();
        })).Soon();
        await deactivated.Soon();
        await stream.SubscribeAsync((_, _) => Task.FromResult(took.TrySetResult())).Soon();
        await stream.OnNextAsync("item").Soon();
        await took.Soon();

        Assert.Equal(1, activations);
    }

    private IAsyncStream<string> NewStream() =>
        Engine.Client.GetStreamProvider(EngineFixture.Streams).GetStream<string>(StreamId.Create("tests", NewKey()));
}
#endif
