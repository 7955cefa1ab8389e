using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Notifications;

/// <summary>
/// Decisions that wait to be told to somebody outside. Taking never waits: where there is no room the oldest makes it, since whoever comes
/// back wants to know what is now.
/// </summary>
internal sealed class NotificationQueue
{
    private readonly Channel<Decision> _waiting;
    private readonly NotificationCounters _counters;
    private readonly ConcurrentDictionary<string, int>? _last;

    public NotificationQueue(int limit, bool onlyChanges, NotificationCounters counters)
    {
        _counters = counters;
        _last = onlyChanges ? new() : null;
        _waiting = Channel.CreateBounded<Decision>(
            new BoundedChannelOptions(limit) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => counters.CountDropped());
    }

    /// <summary>How many wait.</summary>
    public int Count => _waiting.Reader.Count;

    /// <summary>Takes decisions of one scene, of which there is one caller at a time.</summary>
    public void Take(IReadOnlyList<Decision> decisions)
    {
        foreach (var decision in decisions)
            if (IsToldOf(decision) && !_waiting.Writer.TryWrite(decision)) _counters.CountDropped();
    }

    /// <summary>The next one; false where none waits.</summary>
    public bool TryNext([NotNullWhen(true)] out Decision? decision) => _waiting.Reader.TryRead(out decision);

    /// <summary>Waits until there is one.</summary>
    /// <returns>false where there will be none any more.</returns>
    public Task<bool> WaitAsync(CancellationToken cancellationToken) => _waiting.Reader.WaitToReadAsync(cancellationToken).AsTask();

    /// <summary>Takes nothing more: the silo stops.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    private bool IsToldOf(Decision decision)
    {
        if (_last is null) return true;
        if (_last.TryGetValue(decision.Scene, out var last) && last == decision.Pred) return false;
        _last[decision.Scene] = decision.Pred;
        return true;
    }
}
