namespace Jtfa.Testbed.Traces;

/// <summary>
/// Reads a trace from its begin. A record that is cut short at the end (its recorder was killed, the disk was full) is no fault: reading
/// ends before it and <see cref="CutBytes"/> says so.
/// </summary>
public sealed class TraceReader : IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly string _path;
    private readonly Stream _stream;
    private readonly byte[] _header = new byte[TraceFormat.RecordHeaderBytes];

    internal TraceReader(Stream stream, string path)
    {
        (_stream, _path) = (stream, path);
        var header = new byte[TraceFormat.FileHeaderBytes];
        var length = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (!TraceFormat.IsFileHeader(header.AsSpan(0, length))) throw Foreign();
        IsHeaderCut = length < header.Length;
        (Offset, CutBytes) = IsHeaderCut ? (0, length) : (length, 0);
    }

    /// <summary>Where the last whole record ends, bytes from the file's begin.</summary>
    public long Offset { get; private set; }

    /// <summary>
    /// Bytes behind the last whole record, once <see cref="Read"/> has come to the end: what is left of one that was cut short.
    /// </summary>
    public int CutBytes { get; private set; }

    /// <summary>One line on what was cut short; null where nothing was.</summary>
    public string? CutLine => CutBytes == 0 ? null
        : $"{_path}: the record at offset {Offset} is cut short and left out; 'jtfa record' into this file goes on behind the one before " +
            "it";

    /// <summary>Whether not even the file's header is whole.</summary>
    internal bool IsHeaderCut { get; }

    /// <summary>Opens a trace.</summary>
    /// <exception cref="InvalidDataException">It is missing, cannot be read, or is no trace; the message says what to do.</exception>
    public static TraceReader Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferBytes, FileOptions.SequentialScan);
            var reader = new TraceReader(stream, path);
            return !reader.IsHeaderCut ? reader : throw new InvalidDataException(
                $"{path}: the trace ends at offset {reader.CutBytes}, inside its header of {TraceFormat.FileHeaderBytes} bytes, and has " +
                "no records: record it again");
        }
        catch (Exception exception)
        {
            stream?.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
                throw new InvalidDataException($"{path}: {exception.Message}", exception);
            throw;
        }
    }

    /// <summary>The next record; null at the end.</summary>
    /// <exception cref="InvalidDataException">The file is damaged here, or goes on as something else.</exception>
    public TraceRecord? Read()
    {
        var length = _stream.ReadAtLeast(_header, _header.Length, throwOnEndOfStream: false);
        if (length < _header.Length) return End(length);
        var packet = new byte[TraceFormat.PacketBytes(_header) ?? throw Damaged()];
        length = _stream.ReadAtLeast(packet, packet.Length, throwOnEndOfStream: false);
        if (length < packet.Length) return End(_header.Length + length);
        var record = TraceFormat.Read(_header, packet) ?? throw Damaged();
        Offset += _header.Length + packet.Length;
        return record;
    }

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();

    private TraceRecord? End(int left)
    {
        CutBytes = left;
        return null;
    }

    private InvalidDataException Damaged() => new(
        $"{_path}: what stands at offset {Offset} is no record of a UDP datagram; 'truncate -s {Offset}' on a copy keeps the records " +
        "before it");

    private InvalidDataException Foreign() => new(
        $"{_path}: offset 0 does not begin a trace (a nanosecond pcap of raw IP): name one that 'jtfa record' wrote, or convert a " +
        "capture as docs/laboratory.md shows");
}
