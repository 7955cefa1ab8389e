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
internal sealed partial class SceneStream(
    IStreamProvider provider, StreamAgents agents, string scene, TimeProvider clock, ILogger logger)
{
    // What is kept for one who has subscribed since the last question; beyond it the oldest go, and are in the log.
    private const int MostWaiting = 16_384;

    // Orleans' memory streams take no message of more than 1 MB.
    private const int LargestMessage = 1_000;

    private static readonly TimeSpan s_question = TimeSpan.FromSeconds(1);

    private readonly IAsyncStream<Decision> _stream = provider.GetStream<Decision>(JtfaNames.DecisionStream(scene));
    private List<Decision> _waiting = [];
    private List<Decision> _batch = [];
    private Task _publishing = Task.CompletedTask;
    private bool _subscribed;
    private long _askedAt;

    /// <summary>How far apart batches are.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>When <see cref="PublishAsync"/> is to be called next; null where nothing waits.</summary>
    public TimeSpan? Due =>
        _waiting.Count == 0 ? null : _subscribed || _askedAt == 0 ? Period : Left(s_question - clock.GetElapsedTime(_askedAt));

    /// <summary>Takes decisions to be published.</summary>
    public void Add(IReadOnlyList<Decision> decisions)
    {
        _waiting.AddRange(decisions);
        ForgetOldest();
    }

    /// <summary>Publishes what waits, for a scene that ends.</summary>
    /// <param name="asks">
    /// Whether one who has subscribed since the last question gets it too. A silo that stops may be the last, with none left to answer.
    /// </param>
    public async Task FlushAsync(bool asks)
    {
        await _publishing;
        if (_waiting.Count == 0 || (!_subscribed && !asks)) return;
        if (!_subscribed) _askedAt = 0;
        await PublishAsync();
    }

    /// <summary>Publishes what waits where somebody subscribes; forgets it where nobody does. One call is under way at a time.</summary>
    public Task PublishAsync() => _publishing = PublishBatchAsync();

    [SuppressMessage(
        "Design", "CA1031", Justification = "What the stream does not take now it takes later, or its subscribers find it in the log.")]
    private async Task PublishBatchAsync()
    {
        // What is decided from here on is for the next batch, also where nobody subscribes: somebody may, after the question was answered.
        (_batch, _waiting) = (_waiting, _batch);
        try
        {
            if (_askedAt == 0 || clock.GetElapsedTime(_askedAt) >= s_question)
            {
                _askedAt = clock.GetTimestamp();
                var subscribed = await HasSubscribersAsync();
                if (subscribed != _subscribed) await agents.SetAsync(provider, scene, subscribed);
                _subscribed = subscribed;
            }

            if (!_subscribed) _batch.Clear();
            foreach (var message in _batch.Chunk(LargestMessage)) await _stream.OnNextBatchAsync(message);
        }
        catch (Exception exception)
        {
            _waiting.InsertRange(0, _batch);
            ForgetOldest();
            LogNotTaken(scene, exception.Message);
        }

        _batch.Clear();
    }

    private void ForgetOldest()
    {
        if (_waiting.Count > MostWaiting) _waiting.RemoveRange(0, _waiting.Count - MostWaiting);
    }

    private static TimeSpan Left(TimeSpan left) => left > Period ? left : Period;

    private async Task<bool> HasSubscribersAsync() =>
        !provider.TryGetStreamSubscriptionManager(out var subscriptions)
        || (await subscriptions.GetSubscriptions(provider.Name, _stream.StreamId)).Any();

    [LoggerMessage(Level = LogLevel.Debug, Message = "The stream of scene {Scene} took no decisions now: {Reason}")]
    private partial void LogNotTaken(string scene, string reason);
}
