using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Kernels;

/// <summary>Rows of a tensor in memory, as its file has them, each of which is decoded by itself.</summary>
internal sealed unsafe class StoredRows : IDisposable
{
    private readonly NativeBuffer<byte> _blocks;
    private readonly int _rowBytes;

    /// <param name="file">The file.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many rows.</param>
    public StoredRows(GgufFile file, GgufTensor tensor, int first, int count)
    {
        (Format, Count, _rowBytes) = (tensor.Format, count, checked((int)tensor.RowBytes));
        _blocks = new NativeBuffer<byte>((long)_rowBytes * count);
        for (var row = 0; row < count; row++) file.Rows(tensor, first + row, 1).CopyTo(Bytes(row));
    }

    /// <summary>How they are stored.</summary>
    public WeightFormat Format { get; }

    /// <summary>How many rows.</summary>
    public int Count { get; }

    /// <summary>Bytes of all rows.</summary>
    public long Length => _blocks.Length;

    /// <summary>Where a row begins.</summary>
    public byte* Address(int row) => _blocks.Address + ((long)row * _rowBytes);

    /// <summary>Decodes a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public void Decode(int row, Span<float> numbers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        Format.Decode(Bytes(row), numbers);
    }

    public void Dispose() => _blocks.Dispose();

    private Span<byte> Bytes(int row) => _blocks.Span((long)row * _rowBytes, _rowBytes);
}
