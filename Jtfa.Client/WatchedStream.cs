namespace Jtfa.Client;

/// <summary>
/// A stream of server-sent events that the limit's token cancels when nothing comes for too long, and that refuses an event that is too
/// long. Only the wait for bytes counts as silence, not the time in which the reader does not read.
/// </summary>
internal sealed class WatchedStream(Stream inner, TimeLimit silence, TimeSpan longest, int maxEventBytes) : Stream
{
    private int _eventBytes;
    private bool _lineIsEmpty = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">An event is longer than allowed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        silence.Restart(longest);
        var read = await inner.ReadAsync(buffer, silence.Token);
        silence.Restart(Timeout.InfiniteTimeSpan);
        Measure(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // An event ends with an empty line.
    private void Measure(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (value == '\n' && _lineIsEmpty) _eventBytes = 0;
            else if (value != '\r') _eventBytes++;
            if (value != '\r') _lineIsEmpty = value == '\n';
        }

        if (_eventBytes > maxEventBytes) throw new InvalidDataException($"an event of more than {maxEventBytes} bytes");
    }
}
