using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Jtfa.Language.Serving;

/// <summary>
/// A text on its way to its reader. What the reader has not read is bounded: a text whose reader is too far behind stands still, and the
/// others go on.
/// </summary>
public sealed class GenerationStream : IDisposable
{
    private readonly Channel<GenerationPiece> _pieces;
    private readonly TaskCompletionSource<GenerationResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _wakeEngine;
    private readonly int _capacity;
    private volatile bool _isCancelled;
    private volatile bool _isStalled;

    internal GenerationStream(long id, ulong seed, int capacity, Action wakeEngine)
    {
        (Id, Seed, _capacity, _wakeEngine) = (id, seed, capacity, wakeEngine);
        _pieces = Channel.CreateBounded<GenerationPiece>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });
    }

    /// <summary>Its number in its engine.</summary>
    public long Id { get; }

    /// <summary>The seed of its random numbers.</summary>
    public ulong Seed { get; }

    /// <summary>Its end, which comes whether it is read or not; the task never faults.</summary>
    public Task<GenerationResult> Completion => _completion.Task;

    /// <summary>Whether its reader wants no more of it.</summary>
    internal bool IsCancelled => _isCancelled;

    /// <summary>Whether it stands still for its reader.</summary>
    internal bool IsStalled
    {
        get => _isStalled;
        set => _isStalled = value;
    }

    /// <summary>Pieces that there is room for.</summary>
    internal int Room => _capacity - _pieces.Reader.Count;

    /// <summary>Whether its reader has read enough for it to go on.</summary>
    internal bool HasCaughtUp => _pieces.Reader.Count <= _capacity / 2;

    /// <summary>Reads it, once; a piece comes with each text token, and ends with it. A cancelled text ends early.</summary>
    /// <exception cref="GenerationException">It broke off; what there is of it was read before.</exception>
    public async IAsyncEnumerable<GenerationPiece> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _pieces.Reader.WaitToReadAsync(cancellationToken))
            while (TryRead(out var piece)) yield return piece;
    }

    /// <summary>Reads a piece that is there.</summary>
    public bool TryRead(out GenerationPiece piece)
    {
        if (!_pieces.Reader.TryRead(out piece)) return false;
        if (_isStalled && HasCaughtUp) _wakeEngine();
        return true;
    }

    /// <summary>Ends it before the next step and frees its pages; does nothing when it has ended.</summary>
    public void Cancel()
    {
        if (_isCancelled || _completion.Task.IsCompleted) return;
        _isCancelled = true;
        _wakeEngine();
    }

    /// <summary>Cancels it.</summary>
    public void Dispose() => Cancel();

    internal void Write(GenerationPiece piece)
    {
        if (!_pieces.Writer.TryWrite(piece)) throw new InvalidOperationException("A text was computed for which its reader has no room.");
    }

    internal void End(GenerationResult result)
    {
        _pieces.Writer.Complete(result.Fault is null ? null : new GenerationException(result.Fault));
        _completion.SetResult(result);
    }
}
