using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// A file of lines, locked against every other process: appended at its end, read and shortened at its front. What has been taken off
/// the front is known in memory only: after a restart it is read again.
/// </summary>
internal sealed class SpoolFile : IDisposable
{
    // EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows: what .NET reports when another process has the lock.
    private static readonly int[] s_locked = [11, 35, unchecked((int)0x80070020)];

    private const int CopyChunk = 1 << 20;

    private SafeFileHandle _handle;
    private long _front;
    private long _end;

    private SpoolFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        (Lines, _end) = CountLines();
        TornBytes = RandomAccess.GetLength(handle) - _end;
        RandomAccess.SetLength(handle, _end);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Lines that it held when it was opened.</summary>
    public long Lines { get; }

    /// <summary>Bytes of a half-written last line that were cut off when it was opened.</summary>
    public long TornBytes { get; }

    /// <summary>Bytes not taken off the front yet.</summary>
    public long Waiting => _end - _front;

    /// <summary>Bytes taken off the front, which a rewrite frees.</summary>
    public long Read => _front;

    /// <summary>Whether nothing is left to read.</summary>
    public bool IsEmpty => _front == _end;

    /// <summary>Whether the file is still in its folder.</summary>
    public bool IsInPlace => File.Exists(Path);

    /// <summary>Opens and locks a file; false when another process has it, or <see cref="FileMode.Open"/> finds none.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static bool TryOpen(string path, FileMode mode, [NotNullWhen(true)] out SpoolFile? file)
    {
        file = null;
        SafeFileHandle handle;
        try
        {
            if (mode == FileMode.OpenOrCreate) OwnFile.MakeIfMissing(path);
            handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (FileNotFoundException) when (mode == FileMode.Open)
        {
            return false;
        }
        catch (DirectoryNotFoundException) when (mode == FileMode.Open)
        {
            return false;
        }
        catch (IOException failure) when (IsLocked(failure))
        {
            return false;
        }

        try
        {
            file = new SpoolFile(path, handle);
            return true;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file could not be opened since another process has it.</summary>
    public static bool IsLocked(IOException failure) => s_locked.Contains(failure.HResult);

    /// <summary>Appends whole lines, all or nothing.</summary>
    /// <exception cref="IOException">Nothing was appended.</exception>
    public void Append(ReadOnlySpan<byte> lines, bool flushToDisk)
    {
        try
        {
            RandomAccess.Write(_handle, lines, _end);
            if (flushToDisk) RandomAccess.FlushToDisk(_handle);
        }
        catch (IOException)
        {
            RandomAccess.SetLength(_handle, _end); // remains would be read as damaged lines
            throw;
        }

        _end += lines.Length;
    }

    /// <summary>
    /// Reads whole lines off the front, about <paramref name="size"/> bytes and at least one line; they stay in the file.
    /// </summary>
    public byte[] ReadFront(int size)
    {
        while (true)
        {
            var lines = new byte[Math.Min(size, _end - _front)];
            var read = ReadAt(lines, _front);
            var end = lines.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;
            if (end > 0 || read < size) return lines[..end];
            size *= 2; // a line longer than that
        }
    }

    /// <summary>Takes bytes off the front.</summary>
    public void RemoveFront(long bytes) => _front += bytes;

    /// <summary>Replaces the file by a new one with what has not been taken off the front.</summary>
    /// <exception cref="IOException">The file is as it was.</exception>
    public void Rewrite(bool flushToDisk)
    {
        var fresh = Path + ".new";
        OwnFile.MakeIfMissing(fresh);
        var handle = File.OpenHandle(fresh, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        try
        {
            var buffer = new byte[CopyChunk];
            var end = 0L;
            for (var from = _front; from < _end;)
            {
                var read = ReadAt(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _end - from)), from);
                RandomAccess.Write(handle, buffer.AsSpan(0, read), end);
                (from, end) = (from + read, end + read);
            }

            if (flushToDisk) RandomAccess.FlushToDisk(handle);
            File.Move(fresh, Path, overwrite: true);
            _handle.Dispose();
            (_handle, _front, _end) = (handle, 0, end);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Deletes the file and closes it.</summary>
    /// <exception cref="IOException">It cannot be deleted.</exception>
    public void Delete()
    {
        File.Delete(Path);
        Dispose();
    }

    public void Dispose() => _handle.Dispose();

    private (long Lines, long End) CountLines()
    {
        var buffer = new byte[CopyChunk];
        var (lines, end, position) = (0L, 0L, 0L);
        for (int read; (read = RandomAccess.Read(_handle, buffer, position)) > 0; position += read)
        {
            var span = buffer.AsSpan(0, read);
            lines += span.Count((byte)'\n');
            if (span.LastIndexOf((byte)'\n') is >= 0 and var last) end = position + last + 1;
        }

        return (lines, end);
    }

    private int ReadAt(Span<byte> bytes, long offset)
    {
        var total = 0;
        for (int read; total < bytes.Length && (read = RandomAccess.Read(_handle, bytes[total..], offset + total)) > 0;) total += read;
        return total == bytes.Length ? total : throw new IOException($"{Path} is shorter than it was");
    }
}
