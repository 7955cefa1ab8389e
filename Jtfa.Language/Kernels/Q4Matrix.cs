using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Q4_0 for AVX-512, in groups of 16 rows. A block: 16 scales in half precision; then four times 64 bytes, of which byte 4r + k has, for
/// row r, column 4v + k in the low half and column 16 + 4v + k in the high half, v being the number of the 64 bytes.
/// </summary>
internal sealed unsafe class Q4Matrix(GgufFile file, GgufTensor tensor, int first, int count)
    : InterleavedMatrix(file, tensor, first, count, BytesOfBlock)
{
    private const int CodesAt = 2 * Group;
    private const int BytesOfBlock = CodesAt + (Group * BlockLength / 2);
    private const int Offset = 8;

    protected override void Put(ReadOnlySpan<byte> block, int row, Span<byte> blocks)
    {
        block[..2].CopyTo(blocks[(2 * row)..]);
        for (var column = 0; column < 16; column++) blocks[CodesAt + (column / 4 * 64) + (row * 4) + (column % 4)] = block[2 + column];
    }

    protected override void Plain(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        new Span<float>(products, Group).Clear();
        for (var block = 0; block < Blocks; block++, blocks += BytesOfBlock)
        {
            var at = ((long)row * Blocks) + block;
            var codes = x.Codes + (at * BlockLength);
            for (var r = 0; r < Group; r++)
            {
                var sum = 0;
                for (var column = 0; column < 16; column++)
                {
                    var both = blocks[CodesAt + (column / 4 * 64) + (r * 4) + (column % 4)];
                    sum += (((both & 15) - Offset) * codes[column]) + (((both >> 4) - Offset) * codes[column + 16]);
                }

                products[r] = MathF.FusedMultiplyAdd(sum, (float)((Half*)blocks)[r] * x.Scales[at], products[r]);
            }
        }
    }

    protected override void Avx512(byte* blocks, ActivationBlocks x, int row, int count, float* products)
    {
        switch (count)
        {
            case 1: Avx512<OneRow>(blocks, x, row, products); break;
            case 2: Avx512<TwoRows>(blocks, x, row, products); break;
            case 3: Avx512<ThreeRows>(blocks, x, row, products); break;
            default: Avx512<FourRows>(blocks, x, row, products); break;
        }
    }

    // Within a caller, the compiler runs out of what it is ready to inline in turn.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Avx512<TCount>(byte* blocks, ActivationBlocks x, int row, float* products)
        where TCount : struct, IRowCount
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var (next, at) = (Blocks, (long)row * Blocks);
        var codes = (int*)(x.Codes + (at * BlockLength));
        var scales = x.Scales + at;
        var sums = x.Sums + at;
        for (var block = 0; block < next; block++, blocks += BytesOfBlock, codes += 8, scales++, sums++)
        {
            Prefetch<TCount>(blocks, BytesOfBlock);
            var (v0, v1) = (Vector512.Load(blocks + CodesAt), Vector512.Load(blocks + CodesAt + 64));
            var (v2, v3) = (Vector512.Load(blocks + CodesAt + 128), Vector512.Load(blocks + CodesAt + 192));
            var (w0, w1, w2, w3) = (NibbleVectors.Low(v0), NibbleVectors.Low(v1), NibbleVectors.Low(v2), NibbleVectors.Low(v3));
            var (w4, w5, w6, w7) = (NibbleVectors.High(v0), NibbleVectors.High(v1), NibbleVectors.High(v2), NibbleVectors.High(v3));
            var scale = HalfVectors.Read16(blocks);
            var words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes);
            s0 = Add(s0, words, sums[0], scale, scales[0]);
            if (TCount.Count > 1)
            {
                words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (8 * next));
                s1 = Add(s1, words, sums[next], scale, scales[next]);
            }

            if (TCount.Count > 2)
            {
                words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (16 * next));
                s2 = Add(s2, words, sums[2 * next], scale, scales[2 * next]);
            }

            if (TCount.Count > 3)
            {
                words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (24 * next));
                s3 = Add(s3, words, sums[3 * next], scale, scales[3 * next]);
            }
        }

        s0.Store(products);
        if (TCount.Count > 1) s1.Store(products + Group);
        if (TCount.Count > 2) s2.Store(products + (2 * Group));
        if (TCount.Count > 3) s3.Store(products + (3 * Group));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(Vector512<float> sum, Vector512<short> words, int codes, Vector512<float> scales, float scale)
    {
        var whole = Avx512BW.MultiplyAddAdjacent(words, Vector512.Create((short)1)) - Vector512.Create(Offset * codes);
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(whole), scales * Vector512.Create(scale), sum);
    }
}
