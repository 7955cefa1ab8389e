using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Q6_K in groups of 16 rows: w = d·s·(q − 32). A block of 256 columns: 16 d in half precision; then, for each of 8 parts of 32 columns,
/// s of its first 16 columns and s' of its last, row by row; then the codes of the first 16 columns and those of the last. These are three
/// times 64 bytes, of which byte 4r + k has, for row r, column 4v + k in the lower 6 bits, v being the number of the 64 bytes, and in the
/// upper two bits 5 and 4, 3 and 2, 1 and 0 of column 12 + k. A part adds (d·scale)·(s·Σ (q − 32)·a + s'·Σ (q' − 32)·a').
/// </summary>
internal sealed unsafe class Q6KMatrix(GgufFile file, GgufTensor tensor, int first, int count)
    : InterleavedMatrix(file, tensor, first, count, PartsAt + (Parts * PartBytes))
{
    private const int Parts = 8;
    private const int PartsAt = 2 * Group;
    private const int CodesAt = 2 * Group;
    private const int HalfBytes = 3 * 64;
    private const int PartBytes = CodesAt + (2 * HalfBytes);
    private const int Offset = 32;

    protected override void Put(ReadOnlySpan<byte> block, int row, Span<byte> blocks)
    {
        block[208..210].CopyTo(blocks[(2 * row)..]);
        for (var n = 0; n < 256; n++)
        {
            var part = blocks[(PartsAt + (n / 32 * PartBytes))..];
            var half = n % 32 / 16;
            part[(2 * row) + half] = block[192 + (n / 16)];
            var place = part[(CodesAt + (half * HalfBytes) + (row * 4) + (n % 4))..];
            var (low, high) = Weights.Q6_KFormat.Bits(block, n);
            var code = low | (high << 4);
            if (n % 16 < 12)
            {
                place[n % 16 / 4 * 64] |= (byte)code;
                continue;
            }

            place[0] |= (byte)(code >> 4 << 6);
            place[64] |= (byte)((code >> 2) << 6);
            place[128] |= (byte)(code << 6);
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
            for (var r = 0; r < Group; r++)
            {
                var sum = 0;
                for (var column = 0; column < BlockLength; column++)
                {
                    var place = part + CodesAt + (column / 16 * HalfBytes) + (r * 4) + (column % 4);
                    var code = column % 16 < 12
                        ? place[column % 16 / 4 * 64] & 63
                        : (place[0] >> 6 << 4) | (place[64] >> 6 << 2) | (place[128] >> 6);
                    sum += (sbyte)part[(2 * r) + (column / 16)] * (code - Offset) * x.Codes[(at * BlockLength) + column];
                }

                products[r] = MathF.FusedMultiplyAdd(sum, (float)((Half*)head)[r] * x.Scales[at], products[r]);
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
                var both = Avx2.ConvertToVector256Int16(Vector128.Load((sbyte*)part + (half * 16)));
                var near = (both.AsInt32() << 16) | (both.AsInt32() & Vector256.Create(0xFFFF));
                var far = (both.AsInt32() >>> 16) | (both.AsInt32() & Vector256.Create(unchecked((int)0xFFFF0000)));
                var whole = Sum(part + CodesAt + (half * 32), codes, near.AsInt16())
                    + Sum(part + CodesAt + HalfBytes + (half * 32), codes + 4, far.AsInt16())
                    - (Avx2.MultiplyAddAdjacent(both, Vector256.Create(((int*)x.HalfSums)[at]).AsInt16()) * Offset);
                var scale = HalfVectors.Read8(head + (half * 16)) * Vector256.Create(x.Scales[at]);
                sum = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(whole), scale, sum);
            }

            sum.Store(products + (half * 8));
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
        var sums = (int*)x.HalfSums + at;
        for (var unit = 0; unit < next / Parts; unit++)
        {
            var d = HalfVectors.Read16(blocks);
            blocks += PartsAt;
            for (var part = 0; part < Parts; part++, blocks += PartBytes, codes += 8, scales++, sums++)
            {
                Prefetch<TCount>(blocks, PartBytes);
                var (a, b) = (Vector512.Load(blocks + CodesAt), Vector512.Load(blocks + CodesAt + 64));
                var (c, e) = (Vector512.Load(blocks + CodesAt + 128), Vector512.Load(blocks + CodesAt + HalfBytes));
                var (f, g) = (Vector512.Load(blocks + CodesAt + HalfBytes + 64), Vector512.Load(blocks + CodesAt + HalfBytes + 128));
                var (w0, w1, w2, w3) = (Lower(a), Lower(b), Lower(c), Upper(a, b, c));
                var (w4, w5, w6, w7) = (Lower(e), Lower(f), Lower(g), Upper(e, f, g));
                var both = Avx512BW.ConvertToVector512Int16(Vector256.Load((sbyte*)blocks));
                var (near, far) = (First(both), Last(both));
                var whole = Sum(w0, w1, w2, w3, codes, near) + Sum(w4, w5, w6, w7, codes + 4, far);
                s0 = Add(s0, whole, both, sums[0], d, scales[0]);
                if (TCount.Count > 1)
                {
                    var other = codes + (8 * next);
                    whole = Sum(w0, w1, w2, w3, other, near) + Sum(w4, w5, w6, w7, other + 4, far);
                    s1 = Add(s1, whole, both, sums[next], d, scales[next]);
                }

                if (TCount.Count > 2)
                {
                    var other = codes + (16 * next);
                    whole = Sum(w0, w1, w2, w3, other, near) + Sum(w4, w5, w6, w7, other + 4, far);
                    s2 = Add(s2, whole, both, sums[2 * next], d, scales[2 * next]);
                }

                if (TCount.Count > 3)
                {
                    var other = codes + (24 * next);
                    whole = Sum(w0, w1, w2, w3, other, near) + Sum(w4, w5, w6, w7, other + 4, far);
                    s3 = Add(s3, whole, both, sums[3 * next], d, scales[3 * next]);
                }
            }
        }

        s0.Store(products);
        if (TCount.Count > 1) s1.Store(products + Group);
        if (TCount.Count > 2) s2.Store(products + (2 * Group));
        if (TCount.Count > 3) s3.Store(products + (3 * Group));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Lower(Vector512<byte> codes) => codes & Vector512.Create((byte)63);

    // The fourth code, of which each of three bytes has two bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Upper(Vector512<byte> a, Vector512<byte> b, Vector512<byte> c)
    {
        var (first, second, third) = ((a.AsUInt16() >>> 2).AsByte(), (b.AsUInt16() >>> 4).AsByte(), (c.AsUInt16() >>> 6).AsByte());
        var two = Vector512.ConditionalSelect(Vector512.Create((byte)0x30), first, second);
        return Lower(Vector512.ConditionalSelect(Vector512.Create((byte)0x3C), two, third));
    }

    // Two sums of pairs are at most 4·63·127 in 16 bits, which fits; four would not. The scales stand twice for each row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Sum(
        Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3, int* codes, Vector512<short> scales)
    {
        var a = NibbleVectors.Pairs(w0, codes[0]) + NibbleVectors.Pairs(w1, codes[1]);
        var b = NibbleVectors.Pairs(w2, codes[2]) + NibbleVectors.Pairs(w3, codes[3]);
        return Avx512BW.MultiplyAddAdjacent(a, scales) + Avx512BW.MultiplyAddAdjacent(b, scales);
    }

    // The same for 8 rows, of a half's codes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Sum(byte* bytes, int* codes, Vector256<short> scales)
    {
        var (a, b, c) = (Vector256.Load(bytes), Vector256.Load(bytes + 64), Vector256.Load(bytes + 128));
        var six = Vector256.Create((byte)63);
        var two = Vector256.ConditionalSelect(Vector256.Create((byte)0x30), (a.AsUInt16() >>> 2).AsByte(), (b.AsUInt16() >>> 4).AsByte());
        var d = Vector256.ConditionalSelect(Vector256.Create((byte)0x3C), two, (c.AsUInt16() >>> 6).AsByte());
        var first = Pairs(a & six, codes[0]) + Pairs(b & six, codes[1]);
        var last = Pairs(c & six, codes[2]) + Pairs(d & six, codes[3]);
        return Avx2.MultiplyAddAdjacent(first, scales) + Avx2.MultiplyAddAdjacent(last, scales);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pairs(Vector256<byte> weights, int codes) =>
        Avx2.MultiplyAddAdjacent(weights, Vector256.Create(codes).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(
        Vector512<float> sum, Vector512<int> whole, Vector512<short> partScales, int halfSums, Vector512<float> scales, float factor)
    {
        whole -= Avx512BW.MultiplyAddAdjacent(partScales, Vector512.Create(halfSums).AsInt16()) << 5; // times the offset, 32
        return Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(whole), scales * Vector512.Create(factor), sum);
    }

    // Of two words the first twice, and the second twice.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> First(Vector512<short> pairs) =>
        ((pairs.AsInt32() << 16) | (pairs.AsInt32() & Vector512.Create(0xFFFF))).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Last(Vector512<short> pairs) =>
        ((pairs.AsInt32() >>> 16) | (pairs.AsInt32() & Vector512.Create(unchecked((int)0xFFFF0000)))).AsInt16();
}
