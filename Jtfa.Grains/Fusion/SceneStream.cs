using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.Streams.PubSub;

namespace Jtfa.Grains;

/// <summary>
/// Publishes a scene's decisions to its Orleans stream, in batches 10 ms apart. While nobody subscribes nothing is published: whether
/// somebody does is asked once a second, and what was decided since the question before goes to one who has just subscribed.
/// </summary>
internal sealed partial class SceneStream(IStreamProvider provider, string scene, TimeProvider clock, ILogger logger)
{
    // What is kept for one who has subscribed since the last question; beyond it the oldest go, and are in the log.
    private const int MostWaiting = 16_384;

    private static readonly TimeSpan s_question = TimeSpan.FromSeconds(1);

    private readonly IAsyncStream<Decision> _stream = provider.GetStream<Decision>(JtfaNames.DecisionStream(scene));
    private readonly List<Decision> _waiting = [];
    private bool _subscribed;
    private long _askedAt;

    /// <summary>How far apart batches are.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>When <see cref="PublishAsync()"/> is to be called next; null where nothing waits.</summary>
    public TimeSpan? Due => _waiting.Count == 0 ? null : _subscribed || _askedAt == 0 ? Period : Left(s_question - clock.GetElapsedTime(_askedAt));

    /// <summary>Takes decisions to be published.</summary>
    public void Add(IReadOnlyList<Decision> decisions)
    {
        _waiting.AddRange(decisions);
        if (_waiting.Count > MostWaiting) _waiting.RemoveRange(0, _waiting.Count - MostWaiting);
    }

    /// <summary>Publishes what waits where somebody is known to subscribe, for a scene that ends.</summary>
    public Task FlushAsync() => _subscribed ? PublishAsync(asks: false) : Task.CompletedTask;

    /// <summary>Publishes what waits where somebody subscribes; forgets it where nobody does.</summary>
    public Task PublishAsync() => PublishAsync(asks: _askedAt == 0 || clock.GetElapsedTime(_askedAt) >= s_question);

    [SuppressMessage("Design", "CA1031", Justification = "What the stream does not take now it takes later, or its subscribers find it in the log.")]
    private async Task PublishAsync(bool asks)
    {
        try
        {
            if (asks)
            {
                _askedAt = clock.GetTimestamp();
                _subscribed = await HasSubscribersAsync();
            }

            var count = _waiting.Count;
            if (_subscribed && count > 0) await _stream.OnNextBatchAsync([.. _waiting]);
            _waiting.RemoveRange(0, Math.Min(count, _waiting.Count));
        }
        catch (Exception exception)
        {
            LogNotTaken(scene, exception.Message);
        }
    }

    private static TimeSpan Left(TimeSpan left) => left > Period ? left : Period;

    private async Task<bool> HasSubscribersAsync() =>
        !provider.TryGetStreamSubscriptionManager(out var subscriptions)
        || (await subscriptions.GetSubscriptions(provider.Name, _stream.StreamId)).Any();

    [LoggerMessage(Level = LogLevel.Debug, Message = "The stream of scene {Scene} took no decisions now: {Reason}")]
    private partial void LogNotTaken(string scene, string reason);
}
