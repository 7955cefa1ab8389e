using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A follower of a scene, which keeps all that it is handed, in order.</summary>
internal sealed class FollowedDecisions : IDecisionFollower
{
    private readonly Channel<Decision> _decisions = Channel.CreateUnbounded<Decision>();
    private volatile Task _ready = Task.CompletedTask;
    private int _calls;

    public ChannelReader<Decision> Decisions => _decisions.Reader;

    /// <summary>Hand-overs so far.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What each hand-over waits for.</summary>
    public Task Ready
    {
        get => _ready;
        set => _ready = value;
    }

    public async Task TakeAsync(DecisionBatch batch)
    {
        Interlocked.Increment(ref _calls);
        foreach (var decision in batch.Decisions) await _decisions.Writer.WriteAsync(decision);
        await Ready;
    }
}
