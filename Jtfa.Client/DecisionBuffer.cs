using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>
/// What a stream delivered and its reader has not read yet, without gaps: once something is lost it takes nothing more until the reader has
/// read what came before, and knows. Taking never waits and never fails, since whoever delivers would have to wait, or log it.
/// </summary>
internal sealed class DecisionBuffer
{
    /// <summary>Decisions that it holds.</summary>
    public const int Size = 4_096;

    // One more than it holds, for the mark that something is lost.
    private readonly Channel<Decision?> _channel = Channel.CreateBounded<Decision?>(
        new BoundedChannelOptions(Size + 1) { SingleReader = true });
    private readonly Lock _gate = new();
    private Decision? _last;
    private bool _lost;

    /// <summary>Takes a decision, or the note that one before it did not come, or that there was no room for it.</summary>
    public Task Take(Decision decision)
    {
        lock (_gate)
        {
            if (_lost) return Task.CompletedTask;
            if (_channel.Reader.Count == Size || (_last is not null && !decision.ComesRightAfter(_last)))
            {
                Lose();
                return Task.CompletedTask;
            }

            _channel.Writer.TryWrite(decision);
            if (_last is null || decision.IsPublishedAfter(_last)) _last = decision; // what is delivered again is no step back
        }

        return Task.CompletedTask;
    }

    /// <summary>Takes the stream's word that something was lost.</summary>
    public Task TakeLoss(Exception? fault = null)
    {
        lock (_gate)
        {
            if (!_lost) Lose();
        }

        return Task.CompletedTask;
    }

    /// <summary>The next decision, waited for; null where some are lost. From then on it takes again.</summary>
    public async ValueTask<Decision?> NextAsync(CancellationToken cancellationToken)
    {
        var next = await _channel.Reader.ReadAsync(cancellationToken);
        if (next is not null) return next;
        lock (_gate) _lost = false;
        return null;
    }

    /// <summary>Waits until there is something to read.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await _channel.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>
    /// The next decision, not taken out; false when there is none. For a reader who is making good what was lost: that more was lost before
    /// this decision is no news.
    /// </summary>
    public bool TryPeek([NotNullWhen(true)] out Decision? next)
    {
        while (_channel.Reader.TryPeek(out next) && next is null)
        {
            _channel.Reader.TryRead(out _);
            lock (_gate) _lost = false;
        }

        return next is not null;
    }

    private void Lose()
    {
        (_lost, _last) = (true, null);
        _channel.Writer.TryWrite(null);
    }
}
