using System.IO.MemoryMappedFiles;
using Jtfa.Language.Files.Pieces;

namespace Jtfa.Language.Files;

/// <summary>
/// A GGUF file, mapped into memory: what is read of it is read from disk once and shared with all processes that map it. A file that is
/// cut short while it is open ends the process; replace a file by renaming another over it. Of a file that is partly here
/// (<see cref="PartialModelFile"/>) those tensors can be read whose pieces were there when it was opened.
/// </summary>
public sealed unsafe class GgufFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly PieceMap? _pieces;
    private readonly Dictionary<string, GgufTensor> _byName;

    private GgufFile(
        string path, MemoryMappedFile map, MemoryMappedViewAccessor view, byte* start, GgufHeader header, PieceMap? pieces)
    {
        (Path, _map, _view, Header, _pieces) = (path, map, view, header, pieces);
        _start = start;
        _byName = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What it says of itself.</summary>
    public GgufHeader Header { get; }

    /// <summary>Its keys and values.</summary>
    public GgufMetadata Metadata => Header.Metadata;

    /// <summary>Its tensors, in the file's order.</summary>
    public IReadOnlyList<GgufTensor> Tensors => Header.Tensors;

    /// <summary>Opens a file and checks its head.</summary>
    /// <exception cref="ModelFileException">It is missing, unreadable, no GGUF file, or damaged.</exception>
    public static GgufFile Open(string path)
    {
        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        byte* start = null;
        try
        {
            long length;
            using (var file = File.OpenHandle(path))
            {
                length = RandomAccess.GetLength(file);
                if (length == 0) throw new ModelFileException(path, "it is empty: get it again");
                map = MemoryMappedFile.CreateFromFile(
                    file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            }

            view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            var pieces = PieceMap.Find(path);
            var head = new ReadOnlySpan<byte>(start, (int)Math.Min(pieces?.PresentFromStart ?? length, int.MaxValue));
            return new GgufFile(path, map, view, start, GgufHeader.Parse(path, head, length), pieces);
        }
        catch (Exception fault)
        {
            if (start != null) view!.SafeMemoryMappedViewHandle.ReleasePointer();
            view?.Dispose();
            map?.Dispose();
            if (fault is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
                throw new ModelFileException(path, $"it cannot be opened ({fault.Message})", fault);
            throw;
        }
    }

    /// <summary>A tensor by its name; null when there is none.</summary>
    public GgufTensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The bytes of some rows of a tensor, valid until the file is disposed of.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many; together less than 2 GiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such rows, or they are too many for a span.</exception>
    /// <exception cref="ModelFileException">The file is partly here, and these rows are not.</exception>
    public ReadOnlySpan<byte> Rows(GgufTensor tensor, long first, long count)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, tensor.Rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, tensor.Rows - first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue / tensor.RowBytes);
        if (tensor.StoredColumns is not null) ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1); // they do not lie together
        var place = Header.DataStart + tensor.Offset + (first * tensor.StoredRowBytes) + tensor.Format.BytesOf(tensor.FirstColumn);
        _pieces?.Require(Path, $"tensor {tensor.Name}", place, count * tensor.RowBytes);
        var at = _start + place;
        return new ReadOnlySpan<byte>(at, (int)(count * tensor.RowBytes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view.SafeMemoryMappedViewHandle.IsClosed) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
