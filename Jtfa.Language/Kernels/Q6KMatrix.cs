using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Q6_K in groups of 16 rows: w = d·s·(q − 32). A block of 256 columns: 16 d in half precision; then, for each of 8 parts of 32 columns,
/// 16 s of its first 16 columns and 16 of its last; the lower 4 bits of the codes as <see cref="Q4Matrix"/> has them; twice 64 bytes of
/// the upper 2 bits, of which byte 4r + k has, in bits 2v and 2v + 1, column 4v + k of row r, of the first 16 columns and of the last. A
/// part adds (d·scale)·(s·Σ (q − 32)·a + s'·Σ (q' − 32)·a').
/// </summary>
internal sealed unsafe class Q6KMatrix(GgufFile file, GgufTensor tensor, int first, int count)
    : InterleavedMatrix(file, tensor, first, count, PartsAt + (Parts * PartBytes))
{
    private const int Parts = 8;
    private const int PartsAt = 2 * Group;
    private const int CodesAt = 2 * Group;
    private const int UpperAt = CodesAt + (Group * BlockLength / 2);
    private const int PartBytes = UpperAt + (Group * BlockLength / 4);
    private const int Offset = 32;

    protected override void Put(ReadOnlySpan<byte> block, int row, Span<byte> blocks)
    {
        block[208..210].CopyTo(blocks[(2 * row)..]);
        for (var n = 0; n < 256; n++)
        {
            var place = blocks[(PartsAt + (n / 32 * PartBytes))..];
            var column = n % 32;
            var (low, high) = Weights.Q6_KFormat.Bits(block, n);
            place[CodesAt + (column % 16 / 4 * 64) + (row * 4) + (column % 4)] |= (byte)(low << (column / 16 * 4));
            place[UpperAt + (column / 16 * 64) + (row * 4) + (column % 4)] |= (byte)(high << (column % 16 / 4 * 2));
            place[(column / 16 * Group) + row] = block[192 + (n / 16)];
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
                    var low = (part[CodesAt + (column % 16 / 4 * 64) + (r * 4) + (column % 4)] >> (column / 16 * 4)) & 15;
                    var high = (part[UpperAt + (column / 16 * 64) + (r * 4) + (column % 4)] >> (column % 16 / 4 * 2)) & 3;
                    sum += (sbyte)part[(column / 16 * Group) + r] * ((low | (high << 4)) - Offset) * codes[column];
                }

                products[r] = MathF.FusedMultiplyAdd(sum, (float)((Half*)head)[r] * x.Scales[at], products[r]);
            }
        }
    }

    protected override void OneAvx2(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        var ones = Vector256.Create((short)1);
        for (var half = 0; half < 2; half++)
        {
            var sum = Vector256<float>.Zero;
            for (var block = 0; block < Blocks; block++)
            {
                var head = blocks + (block / Parts * (PartsAt + (Parts * PartBytes)));
                var part = head + PartsAt + (block % Parts * PartBytes);
                var at = ((long)row * Blocks) + block;
                var codes = (int*)(x.Codes + (at * BlockLength));
                var upper = Vector256.Load(part + UpperAt + (half * 32));
                var upperLast = Vector256.Load(part + UpperAt + 64 + (half * 32));
                var (near, far) = (Vector256<int>.Zero, Vector256<int>.Zero);
                for (var v = 0; v < 4; v++)
                {
                    var both = Vector256.Load(part + CodesAt + (v * 64) + (half * 32));
                    var two = Vector256.Create((byte)3);
                    var first = NibbleVectors.Low(both) | (((upper.AsUInt16() >>> (2 * v)).AsByte() & two).AsUInt16() << 4).AsByte();
                    var last = NibbleVectors.High(both) | (((upperLast.AsUInt16() >>> (2 * v)).AsByte() & two).AsUInt16() << 4).AsByte();
                    near += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(first, Vector256.Create(codes[v]).AsSByte()), ones);
                    far += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(last, Vector256.Create(codes[v + 4]).AsSByte()), ones);
                }

                near -= Vector256.Create(Offset * x.HalfSums[2 * at]);
                far -= Vector256.Create(Offset * x.HalfSums[(2 * at) + 1]);
                near *= Avx2.ConvertToVector256Int32(Vector128.CreateScalar(*(long*)(part + (half * 8))).AsSByte());
                far *= Avx2.ConvertToVector256Int32(Vector128.CreateScalar(*(long*)(part + Group + (half * 8))).AsSByte());
                var scale = HalfVectors.Read8(head + (half * 16)) * Vector256.Create(x.Scales[at]);
                sum = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(near + far), scale, sum);
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
            var d = HalfVectors.Read16(blocks);
            blocks += PartsAt;
            for (var part = 0; part < Parts; part++, blocks += PartBytes, codes += 8, at++)
            {
                for (var line = 0; line < PartBytes; line += 64) Sse.PrefetchNonTemporal(blocks + Ahead + line);
                var (v0, v1) = (Vector512.Load(blocks + CodesAt), Vector512.Load(blocks + CodesAt + 64));
                var (v2, v3) = (Vector512.Load(blocks + CodesAt + 128), Vector512.Load(blocks + CodesAt + 192));
                var (u, t) = (Vector512.Load(blocks + UpperAt), Vector512.Load(blocks + UpperAt + 64));
                var near = Sum(
                    NibbleVectors.Low(v0) | Upper(u, 0), NibbleVectors.Low(v1) | Upper(u, 1), NibbleVectors.Low(v2) | Upper(u, 2),
                    NibbleVectors.Low(v3) | Upper(u, 3), codes);
                var far = Sum(
                    NibbleVectors.High(v0) | Upper(t, 0), NibbleVectors.High(v1) | Upper(t, 1), NibbleVectors.High(v2) | Upper(t, 2),
                    NibbleVectors.High(v3) | Upper(t, 3), codes + 4);
                sum = Add(sum, near, far, Signed16(blocks), Signed16(blocks + Group), x.HalfSums + (2 * at), d, x.Scales[at]);
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
        var sums = x.HalfSums + (2 * at);
        for (var unit = 0; unit < next / Parts; unit++)
        {
            var d = HalfVectors.Read16(blocks);
            blocks += PartsAt;
            for (var part = 0; part < Parts; part++, blocks += PartBytes, codes += 8, scales++, sums += 2)
            {
                var (v0, v1) = (Vector512.Load(blocks + CodesAt), Vector512.Load(blocks + CodesAt + 64));
                var (v2, v3) = (Vector512.Load(blocks + CodesAt + 128), Vector512.Load(blocks + CodesAt + 192));
                var (u, t) = (Vector512.Load(blocks + UpperAt), Vector512.Load(blocks + UpperAt + 64));
                var (w0, w1) = (NibbleVectors.Low(v0) | Upper(u, 0), NibbleVectors.Low(v1) | Upper(u, 1));
                var (w2, w3) = (NibbleVectors.Low(v2) | Upper(u, 2), NibbleVectors.Low(v3) | Upper(u, 3));
                var (w4, w5) = (NibbleVectors.High(v0) | Upper(t, 0), NibbleVectors.High(v1) | Upper(t, 1));
                var (w6, w7) = (NibbleVectors.High(v2) | Upper(t, 2), NibbleVectors.High(v3) | Upper(t, 3));
                var (s, r) = (Signed16(blocks), Signed16(blocks + Group));
                s0 = Add(s0, Sum(w0, w1, w2, w3, codes), Sum(w4, w5, w6, w7, codes + 4), s, r, sums, d, scales[0]);
                var other = codes + (8 * next);
                s1 = Add(s1, Sum(w0, w1, w2, w3, other), Sum(w4, w5, w6, w7, other + 4), s, r, sums + (2 * next), d, scales[next]);
                other += 8 * next;
                s2 = Add(s2, Sum(w0, w1, w2, w3, other), Sum(w4, w5, w6, w7, other + 4), s, r, sums + (4 * next), d, scales[2 * next]);
                other += 8 * next;
                s3 = Add(s3, Sum(w0, w1, w2, w3, other), Sum(w4, w5, w6, w7, other + 4), s, r, sums + (6 * next), d, scales[3 * next]);
            }
        }

        s0.Store(products);
        s1.Store(products + Group);
        s2.Store(products + (2 * Group));
        s3.Store(products + (3 * Group));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Upper(Vector512<byte> bits, [ConstantExpected] int v) =>
        (((bits.AsUInt16() >>> (2 * v)).AsByte() & Vector512.Create((byte)3)).AsUInt16() << 4).AsByte();

    // Two sums of pairs are at most 4·63·127 in 16 bits, which fits; four would not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Sum(Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3, int* codes)
    {
        var ones = Vector512.Create((short)1);
        var a = NibbleVectors.Pairs(w0, codes[0]) + NibbleVectors.Pairs(w1, codes[1]);
        var b = NibbleVectors.Pairs(w2, codes[2]) + NibbleVectors.Pairs(w3, codes[3]);
        return Avx512BW.MultiplyAddAdjacent(a, ones) + Avx512BW.MultiplyAddAdjacent(b, ones);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(
        Vector512<float> sum, Vector512<int> near, Vector512<int> far, Vector512<int> nearScales, Vector512<int> farScales, int* halfSums,
        Vector512<float> scales, float factor)
    {
        var whole = ((near - Vector512.Create(Offset * halfSums[0])) * nearScales)
            + ((far - Vector512.Create(Offset * halfSums[1])) * farScales);
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(whole), scales * Vector512.Create(factor), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Signed16(byte* bytes) => Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)bytes));
}
