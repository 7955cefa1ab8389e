using System.Reflection;
using Jtfa.Interfaces;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Jtfa.Grains.Tests;

/// <summary>Stands for Orleans' streams: has subscribers or none, and records what is published.</summary>
internal sealed class RecordedStreams : IStreamProvider, IStreamSubscriptionManagerRetriever
{
    private readonly List<long[]> _batches = [];

    public string Name => JtfaNames.Streams;

    public bool IsRewindable => false;

    /// <summary>Whether somebody subscribes.</summary>
    public bool HasSubscriber { get; set; }

    /// <summary>How often it was asked whether somebody does.</summary>
    public int Questions { get; private set; }

    /// <summary>What a question waits for.</summary>
    public Task Answer { get; set; } = Task.CompletedTask;

    /// <summary>What a batch waits for.</summary>
    public Task Taken { get; set; } = Task.CompletedTask;

    /// <summary>Ids of what was published, by batch.</summary>
    public IReadOnlyList<long[]> Batches => _batches;

    public IAsyncStream<T> GetStream<T>(StreamId streamId)
    {
        var stream = DispatchProxy.Create<IAsyncStream<T>, Recorder>();
        ((Recorder)(object)stream).Streams = this;
        return stream;
    }

    public IStreamSubscriptionManager GetStreamSubscriptionManager()
    {
        var manager = DispatchProxy.Create<IStreamSubscriptionManager, Recorder>();
        ((Recorder)(object)manager).Streams = this;
        return manager;
    }

    private async Task PublishAsync(IEnumerable<Decision> batch)
    {
        await Taken;
        _batches.Add([.. batch.Select(decision => decision.Id)]);
    }

    private async Task<IEnumerable<StreamSubscription>> SubscriptionsAsync()
    {
        Questions++;
        var subscribed = HasSubscriber;
        await Answer;
        return subscribed ? [new StreamSubscription(Guid.NewGuid(), Name, default, default)] : [];
    }

    // A proxy's class cannot be sealed or private.
    internal class Recorder : DispatchProxy
    {
        public RecordedStreams Streams { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IAsyncStream<Decision>.OnNextBatchAsync) => Streams.PublishAsync((IEnumerable<Decision>)args![0]!),
            nameof(IStreamSubscriptionManager.GetSubscriptions) => Streams.SubscriptionsAsync(),
            $"get_{nameof(IAsyncStream<Decision>.StreamId)}" => JtfaNames.DecisionStream("yard"),
            _ => throw new NotSupportedException(targetMethod.Name),
        };
    }
}
