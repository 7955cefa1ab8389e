using Microsoft.Extensions.Logging.Abstractions;

namespace Jtfa.Grains.Tests;

/// <summary>When a scene publishes to its stream: in batches, in order, and only to somebody.</summary>
public class SceneStreamTests
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly RecordedStreams _streams = new();
    private readonly SceneStream _stream;
    private long _next;

    public SceneStreamTests()
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        _stream = new SceneStream(_streams, new StreamAgents(alwaysRead: true), "yard", _clock, NullLogger.Instance);
    }

    [Fact]
    public async Task Nothing_is_published_to_nobody_and_whether_somebody_subscribes_is_asked_once_a_second()
    {
        Assert.Null(_stream.Due);
        for (var i = 0; i < 1000; i++)
        {
            Add(3);
            await PassAsync(10);
        }

        Assert.Empty(_streams.Batches);
        Assert.InRange(_streams.Questions, 9, 11);
    }

    [Fact]
    public async Task A_quiet_scene_asks_nothing()
    {
        Add(1);
        await PassAsync(2_000);
        Assert.Null(_stream.Due);
        Assert.Equal(1, _streams.Questions);

        await PassAsync(100_000);

        Assert.Equal(1, _streams.Questions);
    }

    [Fact]
    public async Task What_is_decided_from_a_subscription_on_is_published_in_order_every_ten_milliseconds()
    {
        Add(5);
        await PassAsync(500);
        var subscribed = _next;
        _streams.HasSubscriber = true;
        for (var i = 0; i < 300; i++)
        {
            Add(2);
            await PassAsync(5);
        }

        await PassAsync(10);

        var published = _streams.Batches.SelectMany(batch => batch).ToList();
        Assert.Equal(Enumerable.Range(0, (int)_next).Select(id => (long)id).TakeLast(published.Count), published);
        Assert.InRange(published[0], 0, subscribed); // and at most what was decided in the second before
        Assert.All(_streams.Batches.Skip(2), batch => Assert.InRange(batch.Length, 2, 6));
    }

    [Fact]
    public async Task When_the_last_has_gone_nothing_more_is_published()
    {
        _streams.HasSubscriber = true;
        Add(1);
        await PassAsync(100);
        Assert.Equal([0], Assert.Single(_streams.Batches));
        _streams.HasSubscriber = false;
        for (var i = 0; i < 200; i++)
        {
            Add(1);
            await PassAsync(10);
        }

        var published = _streams.Batches.Count;
        Add(10);
        await PassAsync(3_000);
        Assert.Equal(published, _streams.Batches.Count);
        Assert.InRange(published, 2, 102); // a second's worth at most
    }

    [Fact]
    public async Task What_the_stream_does_not_take_comes_before_what_is_decided_later()
    {
        _streams.HasSubscriber = true;
        Add(2);
        await PassAsync(20);
        _streams.Taken = Task.FromException(new IOException("It is away."));
        for (var i = 0; i < 10; i++)
        {
            Add(1);
            await PassAsync(10);
        }

        _streams.Taken = Task.CompletedTask;
        await PassAsync(20);

        Assert.Equal([0, 1], _streams.Batches[0]);
        Assert.Equal(Enumerable.Range(2, 10).Select(id => (long)id), _streams.Batches[1]);
    }

    [Fact]
    public async Task What_is_decided_while_a_batch_is_taken_goes_with_the_next()
    {
        _streams.HasSubscriber = true;
        var taken = new TaskCompletionSource();
        _streams.Taken = taken.Task;
        Add(3);
        var publishing = _stream.PublishAsync();
        Add(4);
        taken.SetResult();
        await publishing;

        await PassAsync(10);

        Assert.Equal([[0, 1, 2], [3, 4, 5, 6]], _streams.Batches);
    }

    [Fact]
    public async Task Who_subscribes_while_the_answer_that_nobody_did_is_on_its_way_misses_nothing()
    {
        var answer = new TaskCompletionSource();
        _streams.Answer = answer.Task;
        Add(3);
        var publishing = _stream.PublishAsync();
        _streams.HasSubscriber = true;
        Add(4);
        answer.SetResult();
        await publishing;

        await PassAsync(1_100);

        Assert.Equal([3, 4, 5, 6], _streams.Batches.SelectMany(batch => batch));
    }

    [Fact]
    public async Task What_is_kept_for_a_subscriber_to_come_or_a_stream_that_is_away_is_bounded_and_the_rest_comes_in_order()
    {
        _streams.HasSubscriber = true;
        var taken = new TaskCompletionSource();
        _streams.Taken = taken.Task;
        Add(10);
        var publishing = _stream.PublishAsync();
        for (var i = 0; i < 30; i++) Add(1_000);
        taken.SetResult();
        await publishing;
        await PassAsync(20);

        var published = _streams.Batches.SelectMany(batch => batch).ToList();
        Assert.InRange(published.Count, 16_384, 16_384 + 10);
        Assert.Equal(published.Order().Distinct(), published);
        Assert.Equal(Enumerable.Range(0, (int)_next).Select(id => (long)id).TakeLast(16_384), published.TakeLast(16_384));
    }

    [Fact]
    public async Task A_scene_that_ends_publishes_what_waits_also_to_one_who_has_just_subscribed()
    {
        Add(1);
        await PassAsync(100);
        _streams.HasSubscriber = true;
        Add(3);

        await _stream.FlushAsync(asks: true);

        Assert.Equal([1, 2, 3], Assert.Single(_streams.Batches));
        Assert.Null(_stream.Due);
    }

    private void Add(int count) => _stream.Add([.. Enumerable.Range(0, count).Select(_ => SampleDecision.At(0, _next++, gt: -1))]);

    // As the scene does: it publishes when that is due.
    private async Task PassAsync(double milliseconds)
    {
        var end = _clock.GetTimestamp() + TimeSpan.FromMilliseconds(milliseconds).Ticks;
        while (_stream.Due is { } due && _clock.GetTimestamp() + due.Ticks <= end)
        {
            _clock.Advance(due);
            await _stream.PublishAsync();
        }

        _clock.Advance(TimeSpan.FromTicks(end - _clock.GetTimestamp()));
    }
}
