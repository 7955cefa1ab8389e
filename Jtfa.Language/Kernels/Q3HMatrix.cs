using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Q3H in groups of 16 rows: w = base + scale·q, q of 0 … 10. A block is as large as its file's: for each of its parts of 32 columns four
/// times 56 bytes, which are 64 pairs of 7 bits, q + 11·q', the first in the lowest bits; then 16 bases and 16 scales in half precision.
/// Pair 4r + k of the 56 bytes of number v is, for row r, columns 4v + k and 16 + 4v + k: others than in the file. A part adds
/// (scale·scale of the activations)·Σ q·a, then base·(scale of the activations·Σ a).
/// </summary>
internal sealed unsafe class Q3HMatrix(GgufFile file, GgufTensor tensor, int first, int count)
    : InterleavedMatrix(file, tensor, first, count, (tensor.Format.BlockLength / BlockLength * PartBytes) + HeadBytes)
{
    private const int Vectors = 4;
    private const int PairBits = 7;
    private const int VectorBytes = 64 * PairBits / 8;
    private const int PartBytes = Vectors * VectorBytes;
    private const int HeadBytes = 4 * Group;
    private const int Levels = Q3HFormat.Levels;
    private static readonly Vector512<byte> s_places = Table(place => Math.Min((place / 8 * PairBits) + (place % 8), VectorBytes - 1));
    private static readonly Vector512<byte> s_shifts = Table(place => place % 8 * PairBits);
    private static readonly Vector512<byte> s_first = Table(pair => pair % Levels);
    private static readonly Vector512<byte> s_firstRest = Table(pair => (pair + 64) % Levels);
    private static readonly Vector512<byte> s_second = Table(pair => pair / Levels);
    private static readonly Vector512<byte> s_secondRest = Table(pair => (pair + 64) / Levels);
    private readonly int _parts = tensor.Format.BlockLength / BlockLength;

    protected override void Put(ReadOnlySpan<byte> block, int row, Span<byte> blocks)
    {
        Span<byte> codes = stackalloc byte[(blocks.Length - HeadBytes) / PartBytes * BlockLength];
        Q3HFormat.Codes(block, codes);
        var head = blocks[^HeadBytes..];
        block[..2].CopyTo(head[(2 * row)..]);
        block[2..4].CopyTo(head[((2 * Group) + (2 * row))..]);
        for (var part = 0; part < codes.Length / BlockLength; part++)
        {
            for (var v = 0; v < Vectors; v++)
            {
                // A row's four pairs are 28 bits, so that every other row begins with half a byte.
                var near = codes.Slice((part * BlockLength) + (4 * v), 4);
                var far = codes.Slice((part * BlockLength) + 16 + (4 * v), 4);
                var pairs = 0u;
                for (var k = 0; k < 4; k++) pairs |= (uint)(near[k] + (Levels * far[k])) << (PairBits * k);
                var place = blocks[((part * PartBytes) + (v * VectorBytes) + (row * 4 * PairBits / 8))..];
                var there = BinaryPrimitives.ReadUInt32LittleEndian(place);
                BinaryPrimitives.WriteUInt32LittleEndian(place, there | (pairs << (row % 2 * 4)));
            }
        }
    }

    protected override void Plain(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        new Span<float>(products, Group).Clear();
        for (var block = 0; block < Blocks; block++, blocks += PartBytes)
        {
            var head = blocks + ((_parts - (block % _parts)) * PartBytes);
            var at = ((long)row * Blocks) + block;
            var codes = x.Codes + (at * BlockLength);
            for (var r = 0; r < Group; r++)
            {
                var sum = 0;
                for (var column = 0; column < 16; column++)
                {
                    var bit = ((r * 4) + (column % 4)) * PairBits;
                    var pair = (*(ushort*)(blocks + (column / 4 * VectorBytes) + (bit / 8)) >> (bit % 8)) & 127;
                    sum += (pair % Levels * codes[column]) + (pair / Levels * codes[column + 16]);
                }

                products[r] = MathF.FusedMultiplyAdd(sum, (float)((Half*)head)[Group + r] * x.Scales[at], products[r]);
                products[r] = MathF.FusedMultiplyAdd((float)((Half*)head)[r], x.ScaledSums[at], products[r]);
            }

            if ((block + 1) % _parts == 0) blocks += HeadBytes;
        }
    }

    protected override void OneAvx2(byte* blocks, ActivationBlocks x, int row, float* products)
    {
        var (low, high) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var ones = Vector256.Create((short)1);
        for (var block = 0; block < Blocks; block++, blocks += PartBytes)
        {
            var head = blocks + ((_parts - (block % _parts)) * PartBytes);
            var at = ((long)row * Blocks) + block;
            var codes = (int*)(x.Codes + (at * BlockLength));
            var (a, b) = (Vector256<short>.Zero, Vector256<short>.Zero);
            for (var v = 0; v < Vectors; v++)
            {
                var (near, far) = (Vector256.Create(codes[v]).AsSByte(), Vector256.Create(codes[v + 4]).AsSByte());
                a += Products(Pairs(blocks + (v * VectorBytes)), near, far);
                b += Products(Pairs(blocks + (v * VectorBytes) + (VectorBytes / 2)), near, far);
            }

            var (factor, sum) = (Vector256.Create(x.Scales[at]), Vector256.Create(x.ScaledSums[at]));
            low = Vector256.FusedMultiplyAdd(
                Vector256.ConvertToSingle(Avx2.MultiplyAddAdjacent(a, ones)), HalfVectors.Read8(head + (2 * Group)) * factor, low);
            low = Vector256.FusedMultiplyAdd(HalfVectors.Read8(head), sum, low);
            high = Vector256.FusedMultiplyAdd(
                Vector256.ConvertToSingle(Avx2.MultiplyAddAdjacent(b, ones)), HalfVectors.Read8(head + (2 * Group) + 16) * factor, high);
            high = Vector256.FusedMultiplyAdd(HalfVectors.Read8(head + 16), sum, high);
            if ((block + 1) % _parts == 0) blocks += HeadBytes;
        }

        low.Store(products);
        high.Store(products + 8);
    }

    protected override void Avx512(byte* blocks, ActivationBlocks x, int row, int count, float* products)
    {
        if (!Avx512Vbmi.IsSupported)
        {
            for (var i = 0; i < count; i++) OneAvx2(blocks, x, row + i, products + (i * Group));
            return;
        }

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
        var sums = x.ScaledSums + at;
        // In registers from here on.
        var (places, shifts, first, firstRest, second, secondRest) = (s_places, s_shifts, s_first, s_firstRest, s_second, s_secondRest);
        for (var block = 0; block < next; block += _parts, blocks += HeadBytes)
        {
            var head = blocks + (_parts * PartBytes);
            var (origin, scale) = (HalfVectors.Read16(head), HalfVectors.Read16(head + (2 * Group)));
            Prefetch<TCount>(head, HeadBytes);
            for (var part = 0; part < _parts; part++, blocks += PartBytes, codes += 8, scales++, sums++)
            {
                Prefetch<TCount>(blocks, PartBytes);
                var (p0, p1) = (Pairs64(blocks, places, shifts), Pairs64(blocks + VectorBytes, places, shifts));
                var p2 = Pairs64(blocks + (2 * VectorBytes), places, shifts);
                var p3 = Pairs64(blocks + (3 * VectorBytes), places, shifts);
                var (w0, w4) = (Find(p0, first, firstRest), Find(p0, second, secondRest));
                var (w1, w5) = (Find(p1, first, firstRest), Find(p1, second, secondRest));
                var (w2, w6) = (Find(p2, first, firstRest), Find(p2, second, secondRest));
                var (w3, w7) = (Find(p3, first, firstRest), Find(p3, second, secondRest));
                var words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes);
                s0 = Add(s0, words, scale, origin, scales[0], sums[0]);
                if (TCount.Count > 1)
                {
                    words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (8 * next));
                    s1 = Add(s1, words, scale, origin, scales[next], sums[next]);
                }

                if (TCount.Count > 2)
                {
                    words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (16 * next));
                    s2 = Add(s2, words, scale, origin, scales[2 * next], sums[2 * next]);
                }

                if (TCount.Count > 3)
                {
                    words = NibbleVectors.Products(w0, w1, w2, w3, w4, w5, w6, w7, codes + (24 * next));
                    s3 = Add(s3, words, scale, origin, scales[3 * next], sums[3 * next]);
                }
            }
        }

        s0.Store(products);
        if (TCount.Count > 1) s1.Store(products + Group);
        if (TCount.Count > 2) s2.Store(products + (2 * Group));
        if (TCount.Count > 3) s3.Store(products + (3 * Group));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(
        Vector512<float> sum, Vector512<short> words, Vector512<float> scales, Vector512<float> bases, float factor, float codes)
    {
        var whole = Vector512.ConvertToSingle(Avx512BW.MultiplyAddAdjacent(words, Vector512.Create((short)1)));
        sum = Vector512.FusedMultiplyAdd(whole, scales * Vector512.Create(factor), sum);
        return Vector512.FusedMultiplyAdd(bases, Vector512.Create(codes), sum);
    }

    // 64 pairs of 56 bytes to a byte each, whose highest bit is of the next pair.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Pairs64(byte* bytes, Vector512<byte> places, Vector512<byte> shifts) =>
        Avx512Vbmi.MultiShift(shifts, Avx512Vbmi.PermuteVar64x8(Vector512.Load(bytes), places).AsUInt64());

    // A table of 128 entries, of which the lower 7 bits of a byte choose one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Find(Vector512<byte> pairs, Vector512<byte> table, Vector512<byte> rest) =>
        Avx512Vbmi.PermuteVar64x8x2(table, pairs, rest);

    private static Vector512<byte> Table(Func<int, int> each) =>
        Vector512.Create([.. Enumerable.Range(0, 64).Select(place => (byte)each(place))]);

    // 32 pairs of 28 bytes to a byte each: 7 bytes to the lower bytes of 8, then halves of 28, 14 and 7 bits apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pairs(byte* bytes)
    {
        const byte none = 0x80;
        var places = Vector256.Create(
            0, 1, 2, 3, 4, 5, 6, none, 7, 8, 9, 10, 11, 12, 13, none, 0, 1, 2, 3, 4, 5, 6, none, 7, 8, 9, 10, 11, 12, 13, none);
        var spread = Avx2.Shuffle(Vector256.Create(Vector128.Load(bytes), Vector128.Load(bytes + 14)), places).AsUInt64();
        spread = (spread & Vector256.Create(0x000000000FFFFFFFUL)) | ((spread << 4) & Vector256.Create(0x0FFFFFFF00000000UL));
        spread = (spread & Vector256.Create(0x00003FFF00003FFFUL)) | ((spread << 2) & Vector256.Create(0x3FFF00003FFF0000UL));
        spread = (spread & Vector256.Create(0x007F007F007F007FUL)) | ((spread << 1) & Vector256.Create(0x7F007F007F007F00UL));
        return spread.AsByte();
    }

    // ⌊p/11⌋ = ⌊187·p/2048⌋ for p below 128.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Products(Vector256<byte> pairs, Vector256<sbyte> near, Vector256<sbyte> far)
    {
        var (factor, upper) = (Vector256.Create((ushort)(187 << 5)), Vector256.Create((ushort)0xFF00));
        var words = pairs.AsUInt16();
        var second = (Avx2.MultiplyHigh(words & upper, factor) & upper) | Avx2.MultiplyHigh(words & ~upper, factor);
        var first = words - (second * (ushort)Levels);
        return Avx2.MultiplyAddAdjacent(first.AsByte(), near) + Avx2.MultiplyAddAdjacent(second.AsByte(), far);
    }
}
