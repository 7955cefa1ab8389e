using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>
/// What a stream delivered and its reader has not read yet, without gaps: once something is lost, it takes nothing more until the reader
/// has read what came before and the mark of the loss. Taking never waits or fails, because the stream's delivery would wait or fail too.
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

    /// <summary>Takes a decision; marks a loss instead where one before it did not come or there is no room for it.</summary>
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
            if (_last is null || decision.IsPublishedAfter(_last)) _last = decision; // one delivered again is older
        }

        return Task.CompletedTask;
    }

    /// <summary>Marks a loss that the stream reports.</summary>
    public Task TakeLoss(Exception? fault = null)
    {
        lock (_gate)
        {
            if (!_lost) Lose();
        }

        return Task.CompletedTask;
    }

    /// <summary>Waits for the next decision; null where some are lost, after which the buffer takes decisions again.</summary>
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
    /// The next decision, left in the buffer; false when there is none. For a reader that reads from the log what was lost: marks of a loss
    /// before this decision are removed, because that reading covers them.
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
