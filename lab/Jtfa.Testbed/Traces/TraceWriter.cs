namespace Jtfa.Testbed.Traces;

/// <summary>
/// Appends records to a trace, after removing a record that is cut short at its end. Records are in the file after <see cref="Flush"/>; a
/// process that is killed before that loses the others, and may leave one record cut short.
/// </summary>
public sealed class TraceWriter : IDisposable
{
    private const int BufferBytes = 1 << 18;

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _buffered;

    private TraceWriter(FileStream stream, string path)
    {
        (_stream, _path) = (stream, path);
        var reader = new TraceReader(new BufferedStream(stream, BufferBytes), path); // not closed: the file is still needed
        while (reader.Read() is not null) FoundRecords++;
        FoundCutBytes = reader.CutBytes;
        if (FoundCutBytes > 0) stream.SetLength(reader.Offset);
        stream.Position = reader.Offset;
        if (reader.Offset > 0) return;
        TraceFormat.FileHeader.CopyTo(_buffer);
        _buffered = TraceFormat.FileHeaderBytes;
        Flush();
    }

    /// <summary>Records that the file had already.</summary>
    public long FoundRecords { get; }

    /// <summary>Bytes of a record that was cut short, taken away.</summary>
    public int FoundCutBytes { get; }

    /// <summary>The file's length once all is flushed, bytes.</summary>
    public long Length => _stream.Position + _buffered;

    /// <summary>Opens a trace to append to, or begins one. No other program of .NET opens it meanwhile.</summary>
    /// <exception cref="InvalidDataException">The file is something else, or damaged; it is left alone.</exception>
    /// <exception cref="TestbedException">The file cannot be written.</exception>
    public static TraceWriter Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            return new TraceWriter(stream, path);
        }
        catch (Exception exception)
        {
            stream?.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
                throw new TestbedException($"{path} cannot be written: {exception.Message}", exception);
            throw;
        }
    }

    /// <summary>How much longer a datagram makes the file, bytes.</summary>
    public static int RecordBytes(int datagramBytes) => TraceFormat.OverheadBytes + datagramBytes;

    /// <summary>Appends a record.</summary>
    /// <exception cref="ArgumentException">A time, address or length that the format does not hold.</exception>
    /// <exception cref="TestbedException">The file cannot be written, as when the disk is full.</exception>
    public void Append(TraceRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (_buffer.Length - _buffered < RecordBytes(record.Datagram.Length)) Flush();
        _buffered += TraceFormat.Write(record, _buffer.AsSpan(_buffered));
    }

    /// <summary>Hands all records to the system: they outlive the process, though not a power failure.</summary>
    /// <exception cref="TestbedException">The file cannot be written, as when the disk is full.</exception>
    public void Flush()
    {
        if (_buffered == 0) return;
        var offset = _stream.Position;
        var bytes = _buffer.AsSpan(0, _buffered);
        _buffered = 0; // before writing: after a fault, closing must not try again
        try
        {
            _stream.Write(bytes);
        }
        catch (IOException exception)
        {
            throw new TestbedException(
                $"{_path} cannot be written behind offset {offset} ({exception.Message}): see to that, then record into the same file " +
                "again", exception);
        }
    }

    /// <summary>Flushes and closes.</summary>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            _stream.Dispose();
        }
    }
}
