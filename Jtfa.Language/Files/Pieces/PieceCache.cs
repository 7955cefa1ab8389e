using System.Globalization;

namespace Jtfa.Language.Files.Pieces;

/// <summary>
/// A folder of models' files of which pieces were fetched, bounded: where a new piece finds no room, the file goes that was opened longest
/// ago and is not open now. One process has a folder at a time. From whichever thread.
/// </summary>
public sealed class PieceCache : IDisposable
{
    private const string Extension = ".gguf";
    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly long _mostBytes;
    private readonly FileStream _lock;
    private readonly Dictionary<string, PartialModelFile> _open = new(StringComparer.Ordinal);

    /// <summary>Takes a folder.</summary>
    /// <param name="folder">The folder; it is made where it is not there.</param>
    /// <param name="mostBytes">Bytes that all pieces in it may take.</param>
    /// <exception cref="ModelFileException">The folder cannot be used, or another process has it.</exception>
    public PieceCache(string folder, long mostBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mostBytes, PieceManifest.PieceBytes);
        (_folder, _mostBytes) = (folder, mostBytes);
        try
        {
            Directory.CreateDirectory(folder);
            _lock = new FileStream(
                Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.None);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(
                folder, $"the folder cannot be used ({fault.Message.TrimEnd('.')}): name another, or stop the silo that has it", fault);
        }
    }

    /// <summary>Bytes of all pieces that are in the folder.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return Known().Sum(BytesOf);
        }
    }

    /// <summary>The pieces of a file that is in the folder.</summary>
    /// <param name="digest">The file's digest.</param>
    /// <returns>Null where it is not, or its map is damaged.</returns>
    public PieceManifest? Find(string digest)
    {
        if (!PieceManifest.IsDigest(digest)) return null;
        try
        {
            return PieceMap.Find(PathOf(digest))?.Manifest is { } manifest && manifest.Digest == digest ? manifest : null;
        }
        catch (Exception fault) when (fault is ModelFileException or IOException)
        {
            return null; // it is fetched again
        }
    }

    /// <summary>Opens a file, or begins it. Pieces whose bytes are not what they should be count as missing.</summary>
    /// <param name="manifest">The whole file's pieces.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ModelFileException">It cannot be opened.</exception>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    public PartialModelFile Open(PieceManifest manifest, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        lock (_gate)
        {
            if (_open.ContainsKey(manifest.Digest)) throw new InvalidOperationException($"{PathOf(manifest.Digest)} is open.");
            var file = PartialModelFile.Open(PathOf(manifest.Digest), manifest, Close, cancellationToken);
            File.SetLastWriteTimeUtc(PieceMap.PathOf(file.Path), DateTime.UtcNow); // the order in which files go
            _open.Add(manifest.Digest, file);
            return file;
        }
    }

    /// <summary>Makes room for pieces of an open file; those that have no room are not to be written.</summary>
    /// <param name="file">The file.</param>
    /// <param name="pieces">Pieces that it is to get.</param>
    /// <exception cref="ModelFileException">They and what is open are more than the folder may have.</exception>
    public void MakeRoom(PartialModelFile file, IReadOnlyList<int> pieces)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(pieces);
        var needed = file.Missing(pieces).Sum(piece => (long)file.Manifest.BytesOf(piece));
        lock (_gate)
        {
            var known = Known().Select(path => (Path: path, Bytes: BytesOf(path))).ToList();
            var taken = known.Sum(each => each.Bytes);
            var idle = known.Where(each => _open.Values.All(open => open.Path != each.Path))
                .OrderBy(each => File.GetLastWriteTimeUtc(PieceMap.PathOf(each.Path))).ToList();
            if (taken - idle.Sum(each => each.Bytes) + needed > _mostBytes)
            {
                throw new ModelFileException(file.Path, string.Create(
                    CultureInfo.InvariantCulture,
                    $"its pieces take {needed} bytes more, open files take {taken - idle.Sum(each => each.Bytes)}, and the folder may have "
                    + $"{_mostBytes}: allow it more, or give the silo fewer blocks"));
            }

            foreach (var (path, bytes) in idle)
            {
                if (taken + needed <= _mostBytes) return;
                Remove(path);
                taken -= bytes;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        List<PartialModelFile> open;
        lock (_gate) open = [.. _open.Values];
        foreach (var file in open) file.Dispose();
        _lock.Dispose();
    }

    private static long BytesOf(string path)
    {
        try
        {
            if (PieceMap.Find(path) is not { } map) return new FileInfo(path).Length;
            return Enumerable.Range(0, map.Manifest.Count).Where(map.Has).Sum(piece => (long)map.Manifest.BytesOf(piece));
        }
        catch (ModelFileException)
        {
            return new FileInfo(path).Length; // at most
        }
    }

    // The map last: without it the file would count as whole.
    private static void Remove(string path)
    {
        File.Delete(path);
        File.Delete(PieceMap.PathOf(path));
    }

    private string PathOf(string digest) => Path.Combine(_folder, digest + Extension);

    private IEnumerable<string> Known() => Directory.EnumerateFiles(_folder, $"*{Extension}");

    private void Close(PartialModelFile file)
    {
        lock (_gate) _open.Remove(file.Manifest.Digest);
    }
}
