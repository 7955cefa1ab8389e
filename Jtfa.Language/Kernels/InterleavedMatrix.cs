using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Kernels;

/// <summary>
/// A matrix in groups of 16 rows, of which blocks of 32 columns lie together, so that a vector holds the same columns of 16 rows and is
/// multiplied with activations as bytes. A row's product is Σ over blocks of (scale·scale of the activations)·(sum of integers), the
/// blocks in their order, by one fused multiplication and addition each: the same, bit for bit, on every processor and in any batch.
/// </summary>
internal abstract unsafe class InterleavedMatrix : GroupedMatrix
{
    /// <summary>Numbers of a block.</summary>
    protected const int BlockLength = ActivationBlocks.BlockLength;

    private const int LineBytes = 64;

    /// <param name="file">The file.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="first">Its first row.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="blockBytes">Bytes that one of the format's blocks takes for 16 rows.</param>
    protected InterleavedMatrix(GgufFile file, GgufTensor tensor, int first, int count, int blockBytes)
        : base(file, tensor, first, count, checked((int)tensor.Columns / tensor.Format.BlockLength * blockBytes))
    {
    }

    public override bool TakesBytes => true;

    /// <summary>Blocks of 32 columns of a row.</summary>
    protected int Blocks => Columns / BlockLength;

    internal override void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, InstructionSet instructions)
    {
        var products = stackalloc float[Group * 4];
        for (var row = from; row < to; row += Group)
        {
            var blocks = GroupOf(row);
            var count = Math.Min(Group, Rows - row);
            for (var i = 0; i < x.Rows;)
            {
                var n = instructions == InstructionSet.Avx512 ? Math.Min(4, x.Rows - i) : 1;
                if (instructions == InstructionSet.Avx512) Avx512(blocks, x, i, n, products);
                else if (instructions is InstructionSet.Avx2 or InstructionSet.AvxVnni) OneAvx2(blocks, x, i, products);
                else Plain(blocks, x, i, products);
                for (var j = 0; j < n; j++)
                {
                    var place = new Span<float>(y + ((long)(i + j) * stride) + row, count);
                    new ReadOnlySpan<float>(products + (j * Group), count).CopyTo(place);
                }

                i += n;
            }
        }
    }

    /// <summary>Puts one block of a file's row into its place among 16.</summary>
    protected abstract void Put(ReadOnlySpan<byte> block, int row, Span<byte> blocks);

    /// <summary>16 products with one row of activations, without instructions of a processor's own.</summary>
    protected abstract void Plain(byte* blocks, ActivationBlocks x, int row, float* products);

    /// <summary>The same with vectors of 256 bits. A kernel that is chosen for AVX-512 alone has none.</summary>
    protected virtual void OneAvx2(byte* blocks, ActivationBlocks x, int row, float* products) => Plain(blocks, x, row, products);

    /// <summary>16 products with each of one to four rows of activations, with vectors of 512 bits.</summary>
    protected abstract void Avx512(byte* blocks, ActivationBlocks x, int row, int count, float* products);

    /// <summary>
    /// Asks memory for what comes some blocks later: processors look ahead for themselves, but not far enough. With four rows of
    /// activations there may be more, for which the weights have to stay in the caches.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static void Prefetch<TCount>(byte* blocks, int bytes)
        where TCount : struct, IRowCount
    {
        // The compiler would keep a loop as one, within a kernel's own.
        Line<TCount>(blocks, 0, bytes);
        Line<TCount>(blocks, 1, bytes);
        Line<TCount>(blocks, 2, bytes);
        Line<TCount>(blocks, 3, bytes);
        Line<TCount>(blocks, 4, bytes);
        Line<TCount>(blocks, 5, bytes);
        Line<TCount>(blocks, 6, bytes);
        Line<TCount>(blocks, 7, bytes);
        Line<TCount>(blocks, 8, bytes);
    }

    protected override void PutRow(WeightFormat format, ReadOnlySpan<byte> stored, int row, Span<byte> group)
    {
        var units = stored.Length / format.BlockBytes;
        var bytes = group.Length / units;
        for (var unit = 0; unit < units; unit++)
            Put(stored.Slice(unit * format.BlockBytes, format.BlockBytes), row, group.Slice(unit * bytes, bytes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line<TCount>(byte* blocks, int line, int bytes)
        where TCount : struct, IRowCount
    {
        if (line * LineBytes >= bytes) return;
        if (TCount.Count < 4) Sse.PrefetchNonTemporal(blocks + Ahead + (line * LineBytes));
        else Sse.Prefetch0(blocks + Ahead + (line * LineBytes));
    }
}
