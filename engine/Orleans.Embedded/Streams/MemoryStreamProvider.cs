using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Streams;

/// <summary>
/// Streams within the process. Publishing never waits for a subscriber: each has a queue of its own, and one that falls behind by
/// more than <see cref="QueueLength"/> items is told of the loss (<c>OnErrorAsync</c>), as on a cluster when a cache runs over.
/// </summary>
internal sealed class MemoryStreamProvider(string name, ILogger<MemoryStreamProvider> logger) : IStreamProvider
{
    public const int QueueLength = 16_384;

    private readonly ConcurrentDictionary<(StreamId, Type), object> _streams = new();

    public string Name => name;

    public ILogger Logger => logger;

    public IAsyncStream<T> GetStream<T>(StreamId streamId)
    {
        if (!GrainMethod.MayBeShared(typeof(T)))
            throw new NotSupportedException($"Stream {streamId} carries {typeof(T).Name}, which is not marked [Immutable]: in one process it would be shared, not copied.");
        return (IAsyncStream<T>)_streams.GetOrAdd((streamId, typeof(T)), _ => new MemoryStream<T>(this, streamId));
    }
}

/// <summary>One stream: its subscriptions.</summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is a stream.")]
internal sealed class MemoryStream<T>(MemoryStreamProvider provider, StreamId id) : IAsyncStream<T>
{
    private readonly Lock _gate = new();
    private readonly List<MemorySubscription<T>> _subscriptions = [];
    private long _published;

    public StreamId StreamId => id;

    public string ProviderName => provider.Name;

    public ILogger Logger => provider.Logger;

    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => Publish([item]);

    // All are there before the lock is taken: making them is the caller's code, and may fail.
    public Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null) => Publish([.. batch]);

    public Task OnErrorAsync(Exception ex)
    {
        lock (_gate)
        {
            foreach (var subscription in _subscriptions) subscription.PublishError(ex);
        }

        return Task.CompletedTask;
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer)
    {
        var subscription = new MemorySubscription<T>(this, observer, Activation.Current);
        lock (_gate) _subscriptions.Add(subscription);
        return Task.FromResult<StreamSubscriptionHandle<T>>(subscription);
    }

    public void Remove(MemorySubscription<T> subscription)
    {
        lock (_gate) _subscriptions.Remove(subscription);
    }

    private Task Publish(ReadOnlySpan<T> items)
    {
        // Under the lock, so that all subscribers see one order, and ascending numbers.
        lock (_gate)
        {
            foreach (var item in items)
            {
                _published++;
                foreach (var subscription in _subscriptions) subscription.Publish(item, _published);
            }
        }

        return Task.CompletedTask;
    }
}

/// <summary>One subscription: a bounded queue, and a loop that hands its items to the observer one after the other.</summary>
internal sealed partial class MemorySubscription<T> : StreamSubscriptionHandle<T>
{
    private readonly MemoryStream<T> _stream;
    private readonly IAsyncObserver<T> _observer;
    private readonly Activation? _subscriber;
    private readonly Channel<(T Item, long Number, Exception? Error)> _queue;
    private long _lost;
    private volatile bool _ended;

    /// <param name="stream">The stream.</param>
    /// <param name="observer">Takes the items: on the subscriber's turns when a grain subscribed.</param>
    /// <param name="subscriber">The activation that subscribed; null for a client.</param>
    public MemorySubscription(MemoryStream<T> stream, IAsyncObserver<T> observer, Activation? subscriber)
    {
        (_stream, _observer, _subscriber) = (stream, observer, subscriber);
        var options = new BoundedChannelOptions(MemoryStreamProvider.QueueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest };
        _queue = Channel.CreateBounded<(T, long, Exception?)>(options, _ => Interlocked.Increment(ref _lost));
        using (ExecutionContext.SuppressFlow()) _ = Task.Run(DeliverAsync);
    }

    public override StreamId StreamId => _stream.StreamId;

    public override Guid HandleId { get; } = Guid.NewGuid();

    public void Publish(T item, long number) => _queue.Writer.TryWrite((item, number, null));

    public void PublishError(Exception error) => _queue.Writer.TryWrite((default!, 0, error));

    public override Task UnsubscribeAsync()
    {
        // What is still queued is not delivered any more.
        _ended = true;
        _stream.Remove(this);
        _queue.Writer.TryComplete();
        return Task.CompletedTask;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A failing observer is logged; it does not end its subscription.")]
    private async Task DeliverAsync()
    {
        await foreach (var (item, number, error) in _queue.Reader.ReadAllAsync())
        {
            if (_ended) return;
            try
            {
                if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
                    await ObserveAsync(o => o.OnErrorAsync(new OrleansException($"{lost} items of stream {StreamId} were lost: the subscriber is too slow.")));
                if (error is not null) await ObserveAsync(o => o.OnErrorAsync(error));
                else await ObserveAsync(o => o.OnNextAsync(item, new SequenceToken(number)));
            }
            catch (Exception exception)
            {
                LogObserverFailed(_stream.Logger, exception, StreamId);
            }
        }
    }

    private Task ObserveAsync(Func<IAsyncObserver<T>, Task> observe)
    {
        if (_subscriber is null) return observe(_observer);
        var delivery = new Delivery(this, observe);
        delivery.Bind(_subscriber);
        if (!_subscriber.TryReceive(delivery)) delivery.Fail(new OrleansMessageRejectionException($"{_subscriber.GrainId} has deactivated."));
        return delivery.Outcome;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A subscriber of stream {StreamId} failed")]
    private static partial void LogObserverFailed(ILogger logger, Exception exception, StreamId streamId);

    private sealed class SequenceToken(long number) : StreamSequenceToken
    {
        public override long SequenceNumber { get; protected set; } = number;
    }

    private sealed class Delivery(MemorySubscription<T> subscription, Func<IAsyncObserver<T>, Task> observe) : Request
    {
        private readonly TaskCompletionSource _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Outcome => _outcome.Task;

        public override bool Interleaves => false;

        public override bool DiesWithActivation => true;

        public override void Fail(Exception exception)
        {
            // Its grain is gone, and the observer with it.
            subscription.UnsubscribeAsync();
            _outcome.TrySetResult();
        }

        protected override Task InvokeAsync(IGrainBase grain) => subscription._ended ? Task.CompletedTask : observe(subscription._observer);

        protected override void Complete(Task task)
        {
            if (task.Exception is { } exception) _outcome.TrySetException(exception.InnerExceptions);
            else _outcome.TrySetResult();
        }
    }
}
