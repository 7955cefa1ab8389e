using Jtfa.Language.Kernels;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Caches;

/// <summary>
/// Memory for keys and values by page number; who has which page is another's to know. For one thread at a time, but for keys and values of
/// different rows and heads.
/// </summary>
public sealed unsafe class PageStore : IDisposable
{
    private const int PageTokens = PagePool.PageTokens;
    private readonly NativeBuffer<byte> _memory;
    private readonly CacheShape _shape;
    private readonly CacheFormat _format;
    private readonly long _keyBytes;
    private readonly long _valueBytes;
    private readonly long _blockBytes;

    /// <summary>Takes the memory of all pages.</summary>
    public PageStore(CacheShape shape, CacheFormat format, int pages)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(pages, 1);
        (_shape, _format, Pages) = (shape, format, pages);
        (_keyBytes, _valueBytes) = (RowBytes(format, shape.KeyLength), RowBytes(format, shape.ValueLength));
        _blockBytes = PageTokens * shape.Heads * (_keyBytes + _valueBytes);
        _memory = new NativeBuffer<byte>(_blockBytes * shape.Blocks * pages);
    }

    /// <summary>All pages.</summary>
    public int Pages { get; }

    /// <summary>Bytes of a page.</summary>
    public long PageBytes => _blockBytes * _shape.Blocks;

    /// <summary>Bytes that a page takes.</summary>
    public static long PageBytesOf(CacheShape shape, CacheFormat format)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return PageTokens * shape.Heads * shape.Blocks * (RowBytes(format, shape.KeyLength) + RowBytes(format, shape.ValueLength));
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Copies all of a page.</summary>
    internal void Copy(int from, int to) =>
        Buffer.MemoryCopy(_memory.Address + (from * PageBytes), _memory.Address + (to * PageBytes), PageBytes, PageBytes);

    /// <summary>Keeps the key of one head of one text token.</summary>
    internal void StoreKey(int page, int block, int head, int slot, float* key) =>
        Store(Keys(page, block, head) + (slot * _keyBytes), key, _shape.KeyLength);

    /// <summary>Keeps the value of one head of one text token.</summary>
    internal void StoreValue(int page, int block, int head, int slot, float* value) =>
        Store(Values(page, block, head) + (slot * _valueBytes), value, _shape.ValueLength);

    /// <summary>The keys of one head in a page, 16 rows.</summary>
    /// <param name="page">The page.</param>
    /// <param name="block">The block, from the stage's first.</param>
    /// <param name="head">The head of keys.</param>
    /// <param name="count">How many rows are wanted.</param>
    /// <param name="scratch">Takes them where they are not kept in single precision.</param>
    internal float* ReadKeys(int page, int block, int head, int count, float* scratch) =>
        Read(Keys(page, block, head), count, _shape.KeyLength, _keyBytes, scratch);

    /// <summary>The values of one head in a page, 16 rows.</summary>
    internal float* ReadValues(int page, int block, int head, int count, float* scratch) =>
        Read(Values(page, block, head), count, _shape.ValueLength, _valueBytes, scratch);

    private byte* Keys(int page, int block, int head) =>
        _memory.Address + (page * PageBytes) + (block * _blockBytes) + (head * PageTokens * (_keyBytes + _valueBytes));

    private byte* Values(int page, int block, int head) => Keys(page, block, head) + (PageTokens * _keyBytes);

    private static long RowBytes(CacheFormat format, int length) => format switch
    {
        CacheFormat.F32 => 4L * length,
        CacheFormat.F16 => 2L * length,
        _ => 4L + ((length + 3L) / 4 * 4),
    };

    private void Store(byte* row, float* numbers, int length)
    {
        switch (_format)
        {
            case CacheFormat.F32:
                Buffer.MemoryCopy(numbers, row, 4L * length, 4L * length);
                break;
            case CacheFormat.F16:
                for (var i = 0; i < length; i++) ((Half*)row)[i] = (Half)numbers[i];
                break;
            default:
                var scale = Blocks.Extreme(new ReadOnlySpan<float>(numbers, length), out _) / 127;
                var inverse = Blocks.Inverse(scale);
                *(float*)row = scale;
                for (var i = 0; i < length; i++) ((sbyte*)row)[4 + i] = (sbyte)MathF.Round(numbers[i] * inverse);
                break;
        }
    }

    private float* Read(byte* rows, int count, int length, long rowBytes, float* scratch)
    {
        if (_format == CacheFormat.F32) return (float*)rows;
        for (var row = 0; row < count; row++, rows += rowBytes)
        {
            var to = scratch + (row * length);
            if (_format == CacheFormat.F16)
            {
                HalfVectors.Read(rows, to, length);
                continue;
            }

            var scale = *(float*)rows;
            for (var number = 0; number < length; number++) to[number] = scale * ((sbyte*)rows)[4 + number];
        }

        return scratch;
    }
}
