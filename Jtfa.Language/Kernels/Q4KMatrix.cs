using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Q4_K in groups of 16 rows: w = d·s·q − e·m. A block of 256 columns: 16 d and 16 e in half precision; then for each of 8 parts of 32
/// columns 16 s, 16 m, and the codes as <see cref="Q4Matrix"/> has them. A part adds (d·s·scale)·Σ q·a, then −(e·m·scale)·Σ a.
/// </summary>
internal sealed unsafe class Q4KMatrix(GgufFile file, GgufTensor tensor, int first, int count)
    : InterleavedMatrix(file, tensor, first, count, PartsAt + (Parts * PartBytes))
{
    private const int Parts = 8;
    private const int PartsAt = 4 * Group;
    private const int CodesAt = 2 * Group;
    private const int PartBytes = CodesAt + (Group * BlockLength / 2);

    protected override void Put(ReadOnlySpan<byte> block, int row, Span<byte> blocks)
    {
        block[..2].CopyTo(blocks[(2 * row)..]);
        block[2..4].CopyTo(blocks[((2 * Group) + (2 * row))..]);
        for (var part = 0; part < Parts; part++)
        {
            var place = blocks[(PartsAt + (part * PartBytes))..];
            var (s, m) = Weights.PartsOf32Format.PartScale(block.Slice(4, 12), part);
            (place[row], place[Group + row]) = ((byte)s, (byte)m);
            for (var column = 0; column < BlockLength; column++)
            {
                var code = (block[16 + (part / 2 * 32) + column] >> (part % 2 * 4)) & 15;
                place[CodesAt + (column % 16 / 4 * 64) + (row * 4) + (column % 4)] |= (byte)(code << (column / 16 * 4));
            }
        }
    }

    protected override void Plain(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        new Span<float>(products, Group).Clear();
        for (var block = 0; block < Blocks; block++)
        {
            var head = blocks + (block / Parts * (PartsAt + (Parts * PartBytes)));
            var part = head + PartsAt + (block % Parts * PartBytes);
            var at = ((long)row * Blocks) + block;
            var codes = x.Codes + (at * BlockLength);
            for (var r = 0; r < Group; r++)
            {
                var sum = 0;
                for (var column = 0; column < BlockLength; column++)
                {
                    var both = part[CodesAt + (column % 16 / 4 * 64) + (r * 4) + (column % 4)];
                    sum += ((both >> (column / 16 * 4)) & 15) * codes[column];
                }

                var scale = (float)((Half*)head)[r] * part[r] * x.Scales[at];
                var offset = (float)((Half*)head)[Group + r] * part[Group + r] * x.Scales[at];
                products[r] = MathF.FusedMultiplyAdd(sum, scale, products[r]);
                products[r] = MathF.FusedMultiplyAdd(-x.Sums[at], offset, products[r]);
            }
        }
    }

    protected override void OneAvx2(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        for (var half = 0; half < 2; half++)
        {
            var sum = Vector256<float>.Zero;
            for (var block = 0; block < Blocks; block++)
            {
                var head = blocks + (block / Parts * (PartsAt + (Parts * PartBytes)));
                var part = head + PartsAt + (block % Parts * PartBytes);
                var at = ((long)row * Blocks) + block;
                var codes = (int*)(x.Codes + (at * BlockLength));
                var words = Vector256<short>.Zero;
                for (var v = 0; v < 4; v++)
                {
                    var both = Vector256.Load(part + CodesAt + (v * 64) + (half * 32));
                    words += Avx2.MultiplyAddAdjacent(NibbleVectors.Low(both), Vector256.Create(codes[v]).AsSByte());
                    words += Avx2.MultiplyAddAdjacent(NibbleVectors.High(both), Vector256.Create(codes[v + 4]).AsSByte());
                }

                var whole = Vector256.ConvertToSingle(Avx2.MultiplyAddAdjacent(words, Vector256.Create((short)1)));
                var factor = Vector256.Create(x.Scales[at]);
                var scale = HalfVectors.Read8(head + (half * 16)) * Bytes8(part + (half * 8)) * factor;
                var offset = HalfVectors.Read8(head + (2 * Group) + (half * 16)) * Bytes8(part + Group + (half * 8)) * factor;
                sum = Vector256.FusedMultiplyAdd(whole, scale, sum);
                sum = Vector256.FusedMultiplyAdd(Vector256.Create((float)-x.Sums[at]), offset, sum);
            }

            sum.Store(products + (half * 8));
        }
    }

    protected override void OneAvx512(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        var sum = Vector512<float>.Zero;
        var at = (long)row * Blocks;
        var codes = (int*)(x.Codes + (at * BlockLength));
        for (var unit = 0; unit < Blocks / Parts; unit++)
        {
            var (d, e) = (HalfVectors.Read16(blocks), HalfVectors.Read16(blocks + (2 * Group)));
            blocks += PartsAt;
            for (var part = 0; part < Parts; part++, blocks += PartBytes, codes += 8, at++)
            {
                Prefetch<OneRow>(blocks, PartBytes);
                var (v0, v1) = (Vector512.Load(blocks + CodesAt), Vector512.Load(blocks + CodesAt + 64));
                var (v2, v3) = (Vector512.Load(blocks + CodesAt + 128), Vector512.Load(blocks + CodesAt + 192));
                var words = NibbleVectors.Products(v0, v1, v2, v3, codes);
                sum = Add(sum, words, d * Bytes16(blocks), e * Bytes16(blocks + Group), x.Scales[at], x.Sums[at]);
            }
        }

        sum.Store(products);
    }

    protected override void FourAvx512(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var (next, at) = (Blocks, (long)row * Blocks);
        var codes = (int*)(x.Codes + (at * BlockLength));
        var scales = x.Scales + at;
        var sums = x.Sums + at;
        for (var unit = 0; unit < next / Parts; unit++)
        {
            var (d, e) = (HalfVectors.Read16(blocks), HalfVectors.Read16(blocks + (2 * Group)));
            blocks += PartsAt;
            for (var part = 0; part < Parts; part++, blocks += PartBytes, codes += 8, scales++, sums++)
            {
                Prefetch<FourRows>(blocks, PartBytes);
                var (v0, v1) = (Vector512.Load(blocks + CodesAt), Vector512.Load(blocks + CodesAt + 64));
                var (v2, v3) = (Vector512.Load(blocks + CodesAt + 128), Vector512.Load(blocks + CodesAt + 192));
                var (w0, w1, w2, w3) = (NibbleVectors.Low(v0), NibbleVectors.Low(v1), NibbleVectors.Low(v2), NibbleVectors.Low(v3));
                var (w4, w5, w6, w7) = (NibbleVectors.High(v0), NibbleVectors.High(v1), NibbleVectors.High(v2), NibbleVectors.High(v3));
                var (scale, offset) = (d * Bytes16(blocks), e * Bytes16(blocks + Group));
                var words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes);
                s0 = Add(s0, words, scale, offset, scales[0], sums[0]);
                words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (8 * next));
                s1 = Add(s1, words, scale, offset, scales[next], sums[next]);
                words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (16 * next));
                s2 = Add(s2, words, scale, offset, scales[2 * next], sums[2 * next]);
                words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (24 * next));
                s3 = Add(s3, words, scale, offset, scales[3 * next], sums[3 * next]);
            }
        }

        s0.Store(products);
        s1.Store(products + Group);
        s2.Store(products + (2 * Group));
        s3.Store(products + (3 * Group));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(
        Vector512<float> sum, Vector512<short> words, Vector512<float> scales, Vector512<float> offsets, float factor, int codes)
    {
        var whole = Vector512.ConvertToSingle(Avx512BW.MultiplyAddAdjacent(words, Vector512.Create((short)1)));
        sum = Vector512.FusedMultiplyAdd(whole, scales * Vector512.Create(factor), sum);
        return Vector512.FusedMultiplyAdd(Vector512.Create((float)-codes), offsets * Vector512.Create(factor), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Bytes16(byte* bytes) =>
        Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(bytes)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Bytes8(byte* bytes) =>
        Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(Vector128.CreateScalar(*(long*)bytes).AsByte()));
}
