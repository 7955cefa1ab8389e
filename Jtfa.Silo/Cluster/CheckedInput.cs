using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Jtfa.Silo.Cluster;

/// <summary>What a client's connection brings in. It ends before the first message that the client may not send.</summary>
/// <param name="input">The connection.</param>
/// <param name="messages">Knows what the client may send.</param>
/// <param name="refused">Hears why it was ended.</param>
internal sealed class CheckedInput(PipeReader input, ClientMessages messages, Action<string> refused) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;

    // From the buffer's start on; more than it holds where a message's body has not come yet.
    private long _checked;
    private bool _ended;

    /// <inheritdoc />
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Check(await input.ReadAsync(cancellationToken));

    /// <inheritdoc />
    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result)) return false;
        result = Check(result);
        return true;
    }

    /// <inheritdoc />
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc />
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_ended) return;
        _checked -= _buffer.Slice(0, consumed).Length;
        if (_checked < 0) throw new InvalidOperationException("Bytes of a client were read that nothing has checked");
        input.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc />
    public override void CancelPendingRead() => input.CancelPendingRead();

    /// <inheritdoc />
    public override void Complete(Exception? exception = null) => input.Complete(exception);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever bytes are wrong in, the connection ends, and the log says why.")]
    private ReadResult Check(ReadResult read)
    {
        _buffer = read.Buffer;
        try
        {
            while (_checked < _buffer.Length && messages.Check(_buffer.Slice(_checked)) is > 0 and var length) _checked += length;
            return read;
        }
        catch (Exception fault)
        {
            _ended = true;
            refused(fault.Message);
            return new ReadResult(_buffer.Slice(0, _checked), isCanceled: false, isCompleted: true);
        }
    }
}
