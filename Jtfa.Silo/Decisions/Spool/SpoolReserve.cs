using Microsoft.Win32.SafeHandles;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// Room on the disk that is taken at start, so that a stop can still write there when the disk has filled up. Until it is written to, it is
/// a file of no length whose blocks are allocated; locked against every other process.
/// </summary>
internal sealed class SpoolReserve : IDisposable
{
    private readonly string _path;
    private readonly long _bytes;
    private readonly SafeFileHandle _handle;
    private long _end;

    /// <summary>Takes the room.</summary>
    /// <exception cref="IOException">There is not enough, or another process has the file.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be made.</exception>
    public SpoolReserve(string path, long bytes)
    {
        (_path, _bytes) = (path, bytes);
        OwnFile.MakeIfMissing(path);
        _handle = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.None, bytes);
    }

    /// <summary>Bytes that it still takes.</summary>
    public long Room => _bytes - _end;

    /// <summary>Appends whole lines, which are on the disk afterwards.</summary>
    /// <exception cref="IOException">The file system did not keep the room; nothing was appended.</exception>
    public void Append(ReadOnlySpan<byte> lines)
    {
        RandomAccess.Write(_handle, lines, _end);
        RandomAccess.FlushToDisk(_handle);
        _end += lines.Length;
    }

    /// <summary>Gives the room back where it was not needed, and leaves the lines for the next start where it was.</summary>
    public void Dispose()
    {
        if (_handle.IsClosed) return;
        if (_end == 0) File.Delete(_path);
        _handle.Dispose();
    }
}
