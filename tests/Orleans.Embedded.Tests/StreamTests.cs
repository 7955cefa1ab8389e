using Orleans.Streams;

namespace Orleans.Embedded.Tests;

/// <summary>Streams: what is published comes to each subscriber, in order.</summary>
public sealed class StreamTests(EngineFixture engine) : EngineTests(engine)
{
    [Fact]
    public async Task Items_come_in_order_to_every_subscriber()
    {
        var stream = NewStream();
        Collector first = new(100), second = new(100);
        await first.SubscribeAsync(stream);
        await second.SubscribeAsync(stream);
        for (var i = 0; i < 100; i++) await stream.OnNextAsync($"{i}").Soon();

        var expected = Enumerable.Range(0, 100).Select(i => $"{i}");
        Assert.Equal(expected, await first.ItemsAsync());
        Assert.Equal(expected, await second.ItemsAsync());
    }

    [Fact]
    public async Task Items_of_a_batch_come_one_by_one_and_in_order_to_every_subscriber()
    {
        var (stream, actor, others) = (NewStream(), NewActor(), new Collector(22));
        var (items, running, done) = (new List<string>(), 0, Signal());
        await others.SubscribeAsync(stream);
        await actor.PlayAsync(Act(actor => StreamOf(actor, stream.StreamId).SubscribeAsync(async (item, _) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Yield();
            items.Add(item);
            Interlocked.Decrement(ref running);
            if (items.Count == 22) done.SetResult();
        }))).Soon();
        await stream.OnNextAsync("before").Soon();
        await stream.OnNextBatchAsync(Enumerable.Range(0, 20).Select(i => $"{i}")).Soon();
        await stream.OnNextAsync("after").Soon();
        await done.Soon();

        string[] expected = ["before", .. Enumerable.Range(0, 20).Select(i => $"{i}"), "after"];
        Assert.Equal(expected, await others.ItemsAsync());
        Assert.Equal(expected, items);
    }

    [Fact]
    public async Task Nothing_comes_between_the_items_of_a_batch()
    {
        const int Batches = 20, Length = 10;
        var (stream, others) = (NewStream(), new Collector(Batches * Length));
        await others.SubscribeAsync(stream);
        await Task.WhenAll(Enumerable.Range(0, Batches).Select(batch =>
            Task.Run(() => stream.OnNextBatchAsync(Enumerable.Repeat($"{batch}", Length)), TestContext.Current.CancellationToken))).Soon();

        var batches = (await others.ItemsAsync()).Chunk(Length).ToList();
        Assert.All(batches, batch => Assert.Single(batch.Distinct()));
        Assert.Equal(Batches, batches.Select(batch => batch[0]).Distinct().Count());
    }

    [Fact]
    public async Task Of_a_batch_that_cannot_be_made_nothing_is_published()
    {
        var (stream, others) = (NewStream(), new Collector(1));
        await others.SubscribeAsync(stream);
        await Assert.ThrowsAsync<FormatException>(() => stream.OnNextBatchAsync(new[] { "1", "no" }.Select(item => $"{int.Parse(item)}")).Soon());
        await stream.OnNextAsync("after").Soon();

        Assert.Equal(["after"], await others.ItemsAsync());
    }

    [Fact]
    public async Task Items_of_one_stream_come_to_its_subscribers_only()
    {
        IAsyncStream<string> stream = NewStream(), other = NewStream();
        Collector first = new(1), second = new(1);
        await first.SubscribeAsync(stream);
        await second.SubscribeAsync(other);
        await stream.OnNextAsync("one").Soon();
        await other.OnNextAsync("other").Soon();

        Assert.Equal(["one"], await first.ItemsAsync());
        Assert.Equal(["other"], await second.ItemsAsync());
    }

    [Fact]
    public async Task Tokens_of_items_ascend()
    {
        var stream = NewStream();
        var tokens = new List<long>();
        var done = Signal();
        await stream.SubscribeAsync((_, token) =>
        {
            tokens.Add(token!.SequenceNumber);
            if (tokens.Count == 20) done.SetResult();
            return Task.CompletedTask;
        }).Soon();
        for (var i = 0; i < 20; i++) await stream.OnNextAsync("item").Soon();
        await done.Soon();

        Assert.Equal(tokens.Order().Distinct(), tokens);
    }

    [Fact]
    public async Task Nothing_comes_after_unsubscribing()
    {
        var stream = NewStream();
        Collector leaves = new(1), stays = new(2);
        var handle = await leaves.SubscribeAsync(stream);
        await stays.SubscribeAsync(stream);
        await stream.OnNextAsync("before").Soon();
        await leaves.ItemsAsync();
        await handle.UnsubscribeAsync().Soon();
        await stream.OnNextAsync("after").Soon();

        Assert.Equal(["before", "after"], await stays.ItemsAsync());
        Assert.Equal(["before"], await leaves.ItemsAsync());
    }

    [Fact]
    public async Task A_failing_subscriber_does_not_hold_up_others()
    {
        var stream = NewStream();
        var others = new Collector(10);
        await stream.SubscribeAsync((_, _) => throw new InvalidOperationException("no")).Soon();
        await others.SubscribeAsync(stream);
        for (var i = 0; i < 10; i++) await stream.OnNextAsync($"{i}").Soon();

        Assert.Equal(10, (await others.ItemsAsync()).Count);
    }

    [Fact]
    public async Task A_grain_that_takes_its_time_does_not_hold_up_the_publisher_nor_others()
    {
        // A grain: on Orleans all subscribers of one client share its turns, so there a client that waits holds up its others.
        var stream = NewStream();
        var (gate, others) = (Signal(), new Collector(10));
        await NewActor().PlayAsync(Act(actor => StreamOf(actor, stream.StreamId).SubscribeAsync((_, _) => gate.Task))).Soon();
        await others.SubscribeAsync(stream);
        for (var i = 0; i < 10; i++) await stream.OnNextAsync($"{i}").Soon();

        Assert.Equal(10, (await others.ItemsAsync()).Count);
        gate.SetResult();
    }

    [Fact]
    public async Task A_grain_takes_items_on_its_turns_and_not_beside_a_request()
    {
        var (stream, actor, others, took) = (NewStream(), NewActor(), new Collector(1), Signal());
        TaskScheduler? own = null, taking = null;
        await actor.PlayAsync(Act(actor =>
        {
            own = TaskScheduler.Current;
            return StreamOf(actor, stream.StreamId).SubscribeAsync((_, _) =>
            {
                taking = TaskScheduler.Current;
                took.SetResult();
                return Task.CompletedTask;
            });
        })).Soon();
        await others.SubscribeAsync(stream);

        await actor.PlayAsync(Act(async _ =>
        {
            await stream.OnNextAsync("item");
            await others.ItemsAsync();
            Assert.False(took.Task.IsCompleted);
        })).Soon();
        await took.Soon();
        Assert.Same(own, taking);
    }

    [Fact]
    public async Task A_grain_publishes_and_unsubscribes()
    {
        var (stream, actor, others) = (NewStream(), NewActor(), new Collector(2));
        var (items, took) = (new List<string>(), Signal());
        StreamSubscriptionHandle<string>? handle = null;
        await others.SubscribeAsync(stream);
        await actor.PlayAsync(Act(async actor => handle = await StreamOf(actor, stream.StreamId).SubscribeAsync((item, _) =>
        {
            items.Add(item);
            took.TrySetResult();
            return Task.CompletedTask;
        }))).Soon();
        await actor.PlayAsync(Act(actor => StreamOf(actor, stream.StreamId).OnNextAsync("before"))).Soon();
        await took.Soon();
        await actor.PlayAsync(Act(async actor =>
        {
            await handle!.UnsubscribeAsync();
            await StreamOf(actor, stream.StreamId).OnNextAsync("after");
        })).Soon();

        Assert.Equal(["before", "after"], await others.ItemsAsync());
        await actor.PlayAsync(Act(_ => { })).Soon();
        Assert.Equal(["before"], items);
    }

    [Fact]
    public async Task A_subscriber_that_deactivates_does_not_hold_up_others()
    {
        var (stream, key, others) = (NewStream(), NewKey(), new Collector(2));
        var deactivated = Signal();
        Engine.Acts.Set(key, Moment.Deactivating, (_, _) => Task.FromResult(deactivated.TrySetResult()));
        var actor = NewActor(key);
        await actor.PlayAsync(Act(actor => StreamOf(actor, stream.StreamId).SubscribeAsync((_, _) => Task.CompletedTask))).Soon();
        await others.SubscribeAsync(stream);
        await actor.PlayAsync(Act(async actor =>
        {
            await stream.OnNextAsync("waits for this request");
            actor.DeactivateOnIdle();
        })).Soon();
        await deactivated.Soon();
        await stream.OnNextAsync("meets nobody").Soon();

        Assert.Equal(2, (await others.ItemsAsync()).Count);
    }

    [Fact]
    public void A_stream_knows_its_name()
    {
        var id = StreamId.Create("namespace", "key");
        var stream = Engine.Client.GetStreamProvider(EngineFixture.Streams).GetStream<string>(id);

        Assert.Equal((id, EngineFixture.Streams), (stream.StreamId, stream.ProviderName));
        Assert.Equal(("namespace", "key"), (id.GetNamespace(), id.GetKeyAsString()));
        Assert.Equal(id, StreamId.Create("namespace", "key"));
        Assert.NotEqual(id, StreamId.Create("other", "key"));
        Assert.ThrowsAny<KeyNotFoundException>(() => Engine.Client.GetStreamProvider("nothing"));
    }

    private static IAsyncStream<string> StreamOf(Actor actor, StreamId id) =>
        actor.GetStreamProvider(EngineFixture.Streams).GetStream<string>(id);

    private IAsyncStream<string> NewStream() =>
        Engine.Client.GetStreamProvider(EngineFixture.Streams).GetStream<string>(StreamId.Create("tests", NewKey()));

    // Collects items until it has as many as it wants.
    private sealed class Collector(int wanted)
    {
        private readonly List<string> _items = [];
        private readonly TaskCompletionSource _done = Signal();

        public Task<StreamSubscriptionHandle<string>> SubscribeAsync(IAsyncStream<string> stream) => stream.SubscribeAsync((item, _) =>
        {
            _items.Add(item);
            if (_items.Count == wanted) _done.SetResult();
            return Task.CompletedTask;
        }).Soon();

        public async Task<IReadOnlyList<string>> ItemsAsync()
        {
            await _done.Soon();
            return _items;
        }
    }
}
