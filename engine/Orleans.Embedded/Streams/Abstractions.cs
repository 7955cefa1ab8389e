using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Runtime
{
    /// <summary>Identity of a stream.</summary>
    public readonly record struct StreamId
    {
        private readonly string? _namespace;
        private readonly string _key;

        private StreamId(string? ns, string key) => (_namespace, _key) = (ns, key);

        /// <summary>The stream of a namespace and key.</summary>
        public static StreamId Create(string? ns, string key) => new(ns, key);

        /// <summary>The key.</summary>
        public string GetKeyAsString() => _key;

        /// <summary>The namespace.</summary>
        public string? GetNamespace() => _namespace;

        /// <inheritdoc />
        public override string ToString() => $"{_namespace}/{_key}";
    }
}

namespace Orleans.Streams
{
    /// <summary>A place within a stream.</summary>
    public abstract class StreamSequenceToken
    {
        /// <summary>Number of the item within its stream.</summary>
        public abstract long SequenceNumber { get; protected set; }
    }

    /// <summary>Takes a stream's items.</summary>
    public interface IAsyncObserver<in T>
    {
        /// <summary>Takes one item; the next comes when the task ends.</summary>
        Task OnNextAsync(T item, StreamSequenceToken? token = null);

        /// <summary>The stream ended.</summary>
        Task OnCompletedAsync() => Task.CompletedTask;

        /// <summary>Items were lost, or delivery failed.</summary>
        Task OnErrorAsync(Exception ex);
    }

    /// <summary>Takes a stream's items several at a time.</summary>
    public interface IAsyncBatchProducer<in T> : IAsyncObserver<T>
    {
        /// <summary>Publishes items, which come to each subscriber one by one and in order, with none of another's between them.</summary>
        Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null);
    }

    /// <summary>Can be subscribed to.</summary>
    public interface IAsyncObservable<T>
    {
        /// <summary>Subscribes: items published from now on come to the observer, in order.</summary>
        Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer);
    }

    /// <summary>One stream.</summary>
    public interface IAsyncStream<T> : IAsyncObservable<T>, IAsyncBatchProducer<T>
    {
        /// <summary>Its identity.</summary>
        StreamId StreamId { get; }

        /// <summary>Name of its provider.</summary>
        string ProviderName { get; }
    }

    /// <summary>One subscription.</summary>
    [SuppressMessage("Naming", "CA1715", Justification = "Orleans' name.")]
    public abstract class StreamSubscriptionHandle<T>
    {
        /// <summary>The stream subscribed to.</summary>
        public abstract StreamId StreamId { get; }

        /// <summary>Identity of the subscription.</summary>
        public abstract Guid HandleId { get; }

        /// <summary>Ends it; nothing comes to the observer after that.</summary>
        public abstract Task UnsubscribeAsync();
    }

    /// <summary>Gives streams by their identity.</summary>
    public interface IStreamProvider
    {
        /// <summary>Name that it was registered under.</summary>
        string Name { get; }

        /// <summary>The stream of an identity.</summary>
        IAsyncStream<T> GetStream<T>(StreamId streamId);
    }

    /// <summary>Subscribing with functions.</summary>
    public static class AsyncObservableExtensions
    {
        /// <summary>Subscribes a function.</summary>
        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
            this IAsyncObservable<T> obs, Func<T, StreamSequenceToken?, Task> onNextAsync, Func<Exception, Task> onErrorAsync) =>
            obs.SubscribeAsync(new Observer<T>(onNextAsync, onErrorAsync));

        /// <inheritdoc cref="SubscribeAsync{T}(IAsyncObservable{T}, Func{T, StreamSequenceToken?, Task}, Func{Exception, Task})"/>
        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
            this IAsyncObservable<T> obs, Func<T, StreamSequenceToken?, Task> onNextAsync) =>
            obs.SubscribeAsync(onNextAsync, _ => Task.CompletedTask);

        private sealed class Observer<T>(Func<T, StreamSequenceToken?, Task> onNext, Func<Exception, Task> onError) : IAsyncObserver<T>
        {
            public Task OnNextAsync(T item, StreamSequenceToken? token = null) => onNext(item, token);

            public Task OnErrorAsync(Exception ex) => onError(ex);
        }
    }
}

namespace Orleans
{
    /// <summary>Stream providers of grains and clients.</summary>
    public static class GrainStreamingExtensions
    {
        /// <summary>The stream provider of a name.</summary>
        public static IStreamProvider GetStreamProvider(this IGrainBase grain, string name) => Get(grain.GrainContext.ActivationServices, name);

        private static IStreamProvider Get(IServiceProvider services, string name) => services.GetKeyedService<IStreamProvider>(name)
            ?? throw new KeyNotFoundException($"No stream provider named '{name}' is registered.");
    }

    /// <summary>Stream providers of clients.</summary>
    public static class ClientStreamingExtensions
    {
        /// <summary>The stream provider of a name.</summary>
        public static IStreamProvider GetStreamProvider(this IClusterClient client, string name) =>
            client.ServiceProvider.GetKeyedService<IStreamProvider>(name)
            ?? throw new KeyNotFoundException($"No stream provider named '{name}' is registered.");
    }
}
