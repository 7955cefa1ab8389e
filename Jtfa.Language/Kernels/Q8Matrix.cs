using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Q8_0 for AVX-512, which multiplies words at once instead of halves of bytes. Groups of 16 rows; a block: 16 scales in half precision;
/// then eight times 64 bytes, of which byte 4r + k has, for row r, column 4v + k, v being the number of the 64 bytes.
/// </summary>
internal sealed unsafe class Q8Matrix(GgufFile file, GgufTensor tensor, int first, int count)
    : InterleavedMatrix(file, tensor, first, count, BytesOfBlock)
{
    private const int CodesAt = 2 * Group;
    private const int BytesOfBlock = CodesAt + (Group * BlockLength);

    protected override void Put(ReadOnlySpan<byte> block, int row, Span<byte> blocks)
    {
        block[..2].CopyTo(blocks[(2 * row)..]);
        for (var column = 0; column < BlockLength; column++)
            blocks[CodesAt + (column / 4 * 64) + (row * 4) + (column % 4)] = block[2 + column];
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
                for (var column = 0; column < BlockLength; column++)
                    sum += (sbyte)blocks[CodesAt + (column / 4 * 64) + (r * 4) + (column % 4)] * codes[column];
                products[r] = MathF.FusedMultiplyAdd(sum, (float)((Half*)blocks)[r] * x.Scales[at], products[r]);
            }
        }
    }

    protected override void Avx512(byte* blocks, ActivationBlocks x, int row, int count, float* products)
    {
        if (count == 4)
        {
            Four(blocks, x, row, products);
            return;
        }

        for (var i = 0; i < count; i++) One(blocks, x, row + i, products + (i * Group));
    }

    private void One(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        var sum = Vector512<float>.Zero;
        var at = (long)row * Blocks;
        var fours = (int*)(x.Codes + (at * BlockLength));
        for (var block = 0; block < Blocks; block++, blocks += BytesOfBlock, fours += 8)
        {
            Prefetch<OneRow>(blocks, BytesOfBlock);
            Vector512<int> a = default, b = default, c = default, d = default;
            for (var v = 0; v < 8; v += 2)
            {
                var codes = (sbyte*)blocks + CodesAt + (v * 64);
                a += Product(codes, fours[v]);
                b += Product(codes + 32, fours[v]);
                c += Product(codes + 64, fours[v + 1]);
                d += Product(codes + 96, fours[v + 1]);
            }

            sum = Add(sum, a + c, b + d, HalfVectors.Read16(blocks), x.Scales[at + block]);
        }

        sum.Store(products);
    }

    private void Four(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var (next, at) = (Blocks, (long)row * Blocks);
        var fours = (int*)(x.Codes + (at * BlockLength));
        var scales = x.Scales + at;
        for (var block = 0; block < next; block++, blocks += BytesOfBlock, fours += 8, scales++)
        {
            Prefetch<FourRows>(blocks, BytesOfBlock);
            Vector512<int> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
            for (var v = 0; v < 8; v++)
            {
                var codes = (sbyte*)blocks + CodesAt + (v * 64);
                var low = Avx512BW.ConvertToVector512Int16(Vector256.Load(codes));
                var high = Avx512BW.ConvertToVector512Int16(Vector256.Load(codes + 32));
                var four = Widened(fours[v]);
                a0 += Avx512BW.MultiplyAddAdjacent(low, four);
                b0 += Avx512BW.MultiplyAddAdjacent(high, four);
                four = Widened(fours[(8 * next) + v]);
                a1 += Avx512BW.MultiplyAddAdjacent(low, four);
                b1 += Avx512BW.MultiplyAddAdjacent(high, four);
                four = Widened(fours[(16 * next) + v]);
                a2 += Avx512BW.MultiplyAddAdjacent(low, four);
                b2 += Avx512BW.MultiplyAddAdjacent(high, four);
                four = Widened(fours[(24 * next) + v]);
                a3 += Avx512BW.MultiplyAddAdjacent(low, four);
                b3 += Avx512BW.MultiplyAddAdjacent(high, four);
            }

            var scale = HalfVectors.Read16(blocks);
            s0 = Add(s0, a0, b0, scale, scales[0]);
            s1 = Add(s1, a1, b1, scale, scales[next]);
            s2 = Add(s2, a2, b2, scale, scales[2 * next]);
            s3 = Add(s3, a3, b3, scale, scales[3 * next]);
        }

        s0.Store(products);
        s1.Store(products + Group);
        s2.Store(products + (2 * Group));
        s3.Store(products + (3 * Group));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(sbyte* codes, int four) =>
        Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(codes)), Widened(four));

    // Four activations as words, again and again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Widened(int four) => Avx512BW.ConvertToVector512Int16(Vector256.Create(four).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(Vector512<float> sum, Vector512<int> low, Vector512<int> high, Vector512<float> scales, float scale)
    {
        var even = Avx512F.PermuteVar16x32x2(low, Vector512.CreateSequence(0, 2), high);
        var odd = Avx512F.PermuteVar16x32x2(low, Vector512.CreateSequence(1, 2), high);
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(even + odd), scales * Vector512.Create(scale), sum);
    }
}
