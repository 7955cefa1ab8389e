using Microsoft.Win32.SafeHandles;

namespace Jtfa.Language.Files.Pieces;

/// <summary>
/// A model's file of which pieces are there, and more come: as long as the whole file, with holes that take no room on disk. It is opened
/// as any model's file (<see cref="GgufFile.Open"/>), and whoever reads a hole is told so. From whichever thread.
/// </summary>
public sealed class PartialModelFile : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PieceMap _map;
    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle _bits;
    private readonly Action<PartialModelFile> _close;

    private PartialModelFile(string path, PieceMap map, Action<PartialModelFile> close)
    {
        (Path, _map, _close) = (path, map, close);
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (RandomAccess.GetLength(_file) != map.Manifest.Length) RandomAccess.SetLength(_file, map.Manifest.Length);
            _bits = File.OpenHandle(PieceMap.PathOf(path), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The whole file's pieces.</summary>
    public PieceManifest Manifest => _map.Manifest;

    /// <summary>Bytes of the pieces that are there.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return Enumerable.Range(0, Manifest.Count).Where(_map.Has).Sum(piece => (long)Manifest.BytesOf(piece));
        }
    }

    /// <summary>Those of some pieces that are not there.</summary>
    public IReadOnlyList<int> Missing(IEnumerable<int> pieces)
    {
        lock (_gate) return [.. pieces.Where(piece => !_map.Has(piece)).Distinct().Order()];
    }

    /// <summary>Keeps a piece.</summary>
    /// <param name="piece">Its number.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <returns>Whether they are that piece; others are not kept.</returns>
    /// <exception cref="ModelFileException">The disk is full, or cannot be written.</exception>
    public bool Write(int piece, ReadOnlySpan<byte> bytes)
    {
        if (!Manifest.IsPiece(piece, bytes)) return false;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_file.IsClosed, this);
            try
            {
                RandomAccess.Write(_file, bytes, (long)piece * PieceManifest.PieceBytes);

                // Whichever of the two a failing machine keeps, the hashes tell when the file is opened again.
                var (place, bits) = _map.Set(piece, true);
                RandomAccess.Write(_bits, [bits], place);
            }
            catch (IOException fault)
            {
                _map.Set(piece, false);
                throw new ModelFileException(
                    Path, $"piece {piece} of {Manifest.Count} cannot be kept ({fault.Message.TrimEnd('.')}): make room on its disk", fault);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_file.IsClosed) return;
            _file.Dispose();
            _bits.Dispose();
        }

        _close(this);
    }

    /// <summary>Opens a file, or begins it, and takes those pieces for missing whose bytes are not what they should be.</summary>
    /// <param name="path">The file.</param>
    /// <param name="manifest">Its pieces.</param>
    /// <param name="close">Is told when it is closed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ModelFileException">It cannot be opened.</exception>
    internal static PartialModelFile Open(
        string path, PieceManifest manifest, Action<PartialModelFile> close, CancellationToken cancellationToken)
    {
        try
        {
            PieceMap? map = null;
            try
            {
                if (File.Exists(path)) map = PieceMap.Find(path);
            }
            catch (ModelFileException)
            {
                // Damaged: what the file holds is not known, so all of it is fetched again.
            }

            if (map?.Manifest.Digest != manifest.Digest) map = PieceMap.Create(path, manifest);
            var file = new PartialModelFile(path, map, close);
            file.Verify(cancellationToken);
            return file;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(
                path, $"it cannot be opened ({fault.Message.TrimEnd('.')}): make room, or name another folder", fault);
        }
    }

    private void Verify(CancellationToken cancellationToken)
    {
        var bytes = new byte[PieceManifest.PieceBytes];
        for (var piece = 0; piece < Manifest.Count; piece++)
        {
            if (!_map.Has(piece)) continue;
            cancellationToken.ThrowIfCancellationRequested();
            var length = RandomAccess.Read(_file, bytes, (long)piece * PieceManifest.PieceBytes);
            if (Manifest.IsPiece(piece, bytes.AsSpan(0, length))) continue;
            var (place, bits) = _map.Set(piece, false);
            RandomAccess.Write(_bits, [bits], place);
        }
    }
}
