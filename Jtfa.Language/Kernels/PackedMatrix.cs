using System.Runtime.CompilerServices;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels.Registers;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Formats of whole bits, multiplied with activations as bytes. A row's product adds, for each part of 32 columns in their order,
/// (scale·scale of the activations)·(sum of integers), and origin·(sum of the activations), by one fused multiplication and addition
/// each: the same, bit for bit, on every processor and in any batch.
/// <para>
/// A group of 16 rows is one unit after another, of a block of each row: 16 scales, 16 origins, where parts have scales of their own 16
/// and 16 bytes a part, and the codes, so that memory is read in one order. Codes of 32 columns are eight vectors of 64 bytes, of which
/// byte 4r + k of vector v has, for row r, column 4v + k. They are cut into planes of 4, 2 or 1 bits (3 = 2 + 1, 5 = 4 + 1, 6 = 4 + 2,
/// 8 = 4 + 4, the lowest bits first); vector v of a plane of b bits is found from bit v/b·b on of the bytes of the plane's vector v mod b.
/// </para>
/// </summary>
/// <typeparam name="TPacking">What a block of the format has.</typeparam>
/// <typeparam name="TBits">Bits of its codes.</typeparam>
internal sealed unsafe class PackedMatrix<TPacking, TBits>(GgufFile file, GgufTensor tensor, int first, int count)
    : GroupedMatrix(file, tensor, first, count, (int)tensor.Columns / PartLength / TPacking.Parts * UnitBytes)
    where TPacking : struct, IPacking
    where TBits : struct, IBits
{
    private const int PartLength = ActivationBlocks.BlockLength;
    private const int VectorBytes = 64;
    private const int NibbleBytes = 4 * VectorBytes;

    public override bool TakesBytes => true;

    private static int PartBytes => TBits.Count * VectorBytes;

    private static int HeadBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (2 * Group * (TPacking.HasOrigin ? 2 : 1)) + (TPacking.Parts * PartHeadBytes);
    }

    private static int UnitBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HeadBytes + (TPacking.Parts * PartBytes);
    }

    private static int PartHeadBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TPacking.HasPartScales ? 2 * Group : 0;
    }

    private static int PartHeadsAt => 4 * Group;

    // Bits of a code's lower plane; the other has the rest.
    private static int LowerBits => TBits.Count == 3 ? 2 : 4;

    // What is taken from each code: without an origin, codes lie around the middle of their range.
    private static int Offset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TPacking.HasOrigin ? 0 : 1 << (TBits.Count - 1);
    }

    private int Parts => Columns / PartLength;

    internal override void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, InstructionSet instructions)
    {
        switch (instructions)
        {
            case InstructionSet.Avx512:
                Multiply<Register512>(x, y, stride, from, to);
                break;
            case InstructionSet.AvxVnni:
                Multiply<Register256<On>>(x, y, stride, from, to);
                break;
            case InstructionSet.Avx2:
                Multiply<Register256<Off>>(x, y, stride, from, to);
                break;
            case InstructionSet.NeonDot:
                Multiply<Register128<On>>(x, y, stride, from, to);
                break;
            case InstructionSet.Neon:
                Multiply<Register128<Off>>(x, y, stride, from, to);
                break;
            default:
                for (var row = from; row < to; row++)
                    for (var i = 0; i < x.Rows; i++) y[((long)i * stride) + row] = Plain(x, i, row);
                break;
        }
    }

    protected override void PutRow(WeightFormat format, ReadOnlySpan<byte> stored, int row, Span<byte> group)
    {
        Span<byte> codes = stackalloc byte[TPacking.Parts * PartLength];
        for (var unit = 0; unit < Parts / TPacking.Parts; unit++)
        {
            var block = stored.Slice(unit * format.BlockBytes, format.BlockBytes);
            var head = group.Slice(unit * UnitBytes, UnitBytes);
            block.Slice(TPacking.ScaleAt, 2).CopyTo(head[(2 * row)..]);
            if (TPacking.HasOrigin) block.Slice(TPacking.OriginAt, 2).CopyTo(head[((2 * Group) + (2 * row))..]);
            if (TPacking.HasPartScales) head[(2 * Group) + (2 * row) + 1] ^= 0x80; // the origin is negative
            format.ReadCodes(block, codes);
            for (var part = 0; part < TPacking.Parts; part++)
            {
                if (TPacking.HasPartScales)
                {
                    var (s, m) = PartsOf32Format.PartScale(block.Slice(4, 12), part);
                    var place = head[(PartHeadsAt + (part * PartHeadBytes))..];
                    (place[row], place[Group + row]) = ((byte)s, (byte)m);
                }

                var planes = head.Slice(HeadBytes + (part * PartBytes), PartBytes);
                for (var column = 0; column < PartLength; column++)
                    PutCode(planes, (row * 4) + (column % 4), column / 4, codes[(part * PartLength) + column]);
            }
        }
    }

    private static void PutCode(Span<byte> planes, int place, int vector, int code)
    {
        var (lower, upper) = (LowerBits, TBits.Count - LowerBits);
        planes[(vector % lower * VectorBytes) + place] |= (byte)((code & ((1 << lower) - 1)) << (vector / lower * lower));
        if (upper > 0) planes[((lower + (vector % upper)) * VectorBytes) + place] |= (byte)(code >> lower << (vector / upper * upper));
    }

    private static int Code(byte* planes, int place, int vector)
    {
        var (lower, upper) = (LowerBits, TBits.Count - LowerBits);
        var low = (planes[(vector % lower * VectorBytes) + place] >> (vector / lower * lower)) & ((1 << lower) - 1);
        if (upper == 0) return low;
        var high = (planes[((lower + (vector % upper)) * VectorBytes) + place] >> (vector / upper * upper)) & ((1 << upper) - 1);
        return low | (high << lower);
    }

    private float Plain(ActivationBlocks x, int i, int row)
    {
        var (product, r) = (0f, row % Group);
        var group = GroupOf(row);
        for (var part = 0; part < Parts; part++)
        {
            var head = group + (part / TPacking.Parts * UnitBytes);
            var planes = head + HeadBytes + (part % TPacking.Parts * PartBytes);
            var at = ((long)i * Parts) + part;
            var codes = x.Codes + (at * PartLength);
            var sum = -Offset * x.Sums[at];
            for (var column = 0; column < PartLength; column++) sum += Code(planes, (r * 4) + (column % 4), column / 4) * codes[column];
            var scale = (float)((Half*)head)[r];
            var origin = TPacking.HasOrigin ? (float)((Half*)head)[Group + r] : 0;
            if (TPacking.HasPartScales)
            {
                var bytes = head + PartHeadsAt + (part % TPacking.Parts * PartHeadBytes);
                (scale, origin) = (scale * bytes[r], origin * bytes[Group + r]);
            }

            product = MathF.FusedMultiplyAdd(sum, scale * x.Scales[at], product);
            if (TPacking.HasOrigin) product = MathF.FusedMultiplyAdd(origin, x.ScaledSums[at], product);
        }

        return product;
    }

    private void Multiply<T>(ActivationBlocks x, float* y, int stride, int from, int to)
        where T : unmanaged, IRegister<T>
    {
        var products = stackalloc float[Group * 4];
        for (var row = from; row < to; row += Group)
        {
            var count = Math.Min(Group, Rows - row);
            for (var i = 0; i < x.Rows;)
            {
                var n = x.Rows - i >= 4 ? 4 : 1;
                for (var lane = 0; lane < Group; lane += T.Lanes)
                {
                    if (n == 4) Four<T>(GroupOf(row), lane, x, i, products + lane);
                    else One<T>(GroupOf(row), lane, x, i, products + lane);
                }

                for (var j = 0; j < n; j++)
                {
                    var place = new Span<float>(y + ((long)(i + j) * stride) + row, count);
                    new ReadOnlySpan<float>(products + (j * Group), count).CopyTo(place);
                }

                i += n;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void One<T>(byte* group, int lane, ActivationBlocks x, int row, float* products)
        where T : unmanaged, IRegister<T>
    {
        var head = group;
        var at = (long)row * Parts;
        var codes = (int*)(x.Codes + (at * PartLength));
        var scales = x.Scales + at;
        var moments = x.ScaledSums + at;
        var sums = x.Sums + at;
        var (partsOfUnit, unitBytes, partBytes) = (TPacking.Parts, UnitBytes, PartBytes);
        T sum = default; // not before a call: a sum that lives across one stays in memory for the whole loop
        for (var unit = Parts / partsOfUnit; unit > 0; unit--, head += unitBytes)
        {
            PrefetchHead<T>(head + Ahead, once: true);
            var scale = T.LoadHalves(head + (lane * 2));
            var origin = TPacking.HasOrigin ? T.LoadHalves(head + (2 * Group) + (lane * 2)) : default;
            var partHead = head + PartHeadsAt + lane;
            var planes = head + HeadBytes + (lane * 4);
            for (var part = 0; part < partsOfUnit; part++, planes += partBytes, codes += 8)
            {
                Prefetch<T>(planes + Ahead, once: true);
                var product = TBits.Product(
                    TBits.Load<T>(planes, 0), TBits.Load<T>(planes, 1), TBits.Load<T>(planes, 2), TBits.Load<T>(planes, 3),
                    TBits.Load<T>(planes, 4), TBits.Load<T>(planes, 5), TBits.Load<T>(planes, 6), TBits.Load<T>(planes, 7), codes);
                if (typeof(TBits) == typeof(Bits8))
                {
                    var upper = planes + NibbleBytes;
                    product = T.AddSixteenfold(product, TBits.Product(
                        TBits.Load<T>(upper, 0), TBits.Load<T>(upper, 1), TBits.Load<T>(upper, 2), TBits.Load<T>(upper, 3),
                        TBits.Load<T>(upper, 4), TBits.Load<T>(upper, 5), TBits.Load<T>(upper, 6), TBits.Load<T>(upper, 7), codes));
                }

                var (factor, away) = (scale, origin);
                if (TPacking.HasPartScales)
                {
                    (factor, away) = (T.MultiplyBytes(scale, partHead), T.MultiplyBytes(origin, partHead + Group));
                    partHead += 2 * Group;
                }

                sum = Add(sum, product, factor, away, *scales++, *moments++, *sums++);
            }
        }

        T.Store(sum, products);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Four<T>(byte* group, int lane, ActivationBlocks x, int row, float* products)
        where T : unmanaged, IRegister<T>
    {
        var head = group;
        long next = Parts;
        var at = row * next;
        var codes = (int*)(x.Codes + (at * PartLength));
        var scales = x.Scales + at;
        var moments = x.ScaledSums + at;
        var sums = x.Sums + at;
        var (partsOfUnit, unitBytes, partBytes) = (TPacking.Parts, UnitBytes, PartBytes);
        T s0 = default, s1 = default, s2 = default, s3 = default;
        for (var unit = Parts / partsOfUnit; unit > 0; unit--, head += unitBytes)
        {
            PrefetchHead<T>(head + Ahead, once: false);
            var scale = T.LoadHalves(head + (lane * 2));
            var origin = TPacking.HasOrigin ? T.LoadHalves(head + (2 * Group) + (lane * 2)) : default;
            var partHead = head + PartHeadsAt + lane;
            var planes = head + HeadBytes + (lane * 4);
            for (var part = 0; part < partsOfUnit; part++, planes += partBytes, codes += 8, scales++, moments++, sums++)
            {
                Prefetch<T>(planes + Ahead, once: false);
                T w0 = TBits.Load<T>(planes, 0), w1 = TBits.Load<T>(planes, 1), w2 = TBits.Load<T>(planes, 2);
                T w3 = TBits.Load<T>(planes, 3), w4 = TBits.Load<T>(planes, 4), w5 = TBits.Load<T>(planes, 5);
                T w6 = TBits.Load<T>(planes, 6), w7 = TBits.Load<T>(planes, 7);
                var p0 = TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes);
                var p1 = TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (8 * next));
                var p2 = TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (16 * next));
                var p3 = TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (24 * next));
                if (typeof(TBits) == typeof(Bits8))
                {
                    var upper = planes + NibbleBytes;
                    w0 = TBits.Load<T>(upper, 0);
                    w1 = TBits.Load<T>(upper, 1);
                    w2 = TBits.Load<T>(upper, 2);
                    w3 = TBits.Load<T>(upper, 3);
                    w4 = TBits.Load<T>(upper, 4);
                    w5 = TBits.Load<T>(upper, 5);
                    w6 = TBits.Load<T>(upper, 6);
                    w7 = TBits.Load<T>(upper, 7);
                    p0 = T.AddSixteenfold(p0, TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes));
                    p1 = T.AddSixteenfold(p1, TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (8 * next)));
                    p2 = T.AddSixteenfold(p2, TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (16 * next)));
                    p3 = T.AddSixteenfold(p3, TBits.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (24 * next)));
                }

                var (factor, away) = (scale, origin);
                if (TPacking.HasPartScales)
                {
                    (factor, away) = (T.MultiplyBytes(scale, partHead), T.MultiplyBytes(origin, partHead + Group));
                    partHead += 2 * Group;
                }

                s0 = Add(s0, p0, factor, away, scales[0], moments[0], sums[0]);
                s1 = Add(s1, p1, factor, away, scales[next], moments[next], sums[next]);
                s2 = Add(s2, p2, factor, away, scales[2 * next], moments[2 * next], sums[2 * next]);
                s3 = Add(s3, p3, factor, away, scales[3 * next], moments[3 * next], sums[3 * next]);
            }
        }

        T.Store(s0, products);
        T.Store(s1, products + Group);
        T.Store(s2, products + (2 * Group));
        T.Store(s3, products + (3 * Group));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchHead<T>(byte* head, bool once)
        where T : unmanaged, IRegister<T>
    {
        T.Prefetch(head, once);
        if (HeadBytes <= VectorBytes) return;
        T.Prefetch(head + VectorBytes, once);
        T.Prefetch(head + (2 * VectorBytes), once);
        T.Prefetch(head + (3 * VectorBytes), once);
        T.Prefetch(head + (4 * VectorBytes), once);
    }

    // Not in a loop, which would cost more than what it does.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<T>(byte* planes, bool once)
        where T : unmanaged, IRegister<T>
    {
        T.Prefetch(planes, once);
        T.Prefetch(planes + VectorBytes, once);
        T.Prefetch(planes + (2 * VectorBytes), once);
        if (TBits.Count > 3) T.Prefetch(planes + (3 * VectorBytes), once);
        if (TBits.Count > 4) T.Prefetch(planes + (4 * VectorBytes), once);
        if (TBits.Count > 5) T.Prefetch(planes + (5 * VectorBytes), once);
        if (TBits.Count <= 6) return;
        T.Prefetch(planes + (6 * VectorBytes), once);
        T.Prefetch(planes + (7 * VectorBytes), once);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Add<T>(T sum, T product, T scale, T origin, float factor, float moment, int codes)
        where T : unmanaged, IRegister<T>
    {
        if (Offset != 0) product = T.Subtract(product, Offset * codes);
        sum = T.MultiplyAdd(product, scale, factor, sum);
        return TPacking.HasOrigin ? T.MultiplyAdd(origin, moment, sum) : sum;
    }
}
