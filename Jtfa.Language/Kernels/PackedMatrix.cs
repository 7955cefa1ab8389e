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
/// A group of 16 rows: of each block 16 scales, 16 origins, and where parts have scales of their own 16 and 16 bytes a part; then, on a
/// border of 64 bytes, the codes. Those of 32 columns are eight vectors of 64 bytes, of which byte 4r + k of vector v has, for row r,
/// column 4v + k. They are cut into planes of 4, 2 or 1 bits (3 = 2 + 1, 5 = 4 + 1, 6 = 4 + 2, 8 = 4 + 4, the lowest bits first); vector
/// v of a plane of b bits is found from bit v/b·b on of the bytes of the plane's vector v mod b.
/// </para>
/// </summary>
/// <typeparam name="TPacking">The format.</typeparam>
internal sealed unsafe class PackedMatrix<TPacking>(GgufFile file, GgufTensor tensor, int first, int count)
    : GroupedMatrix(file, tensor, first, count, CodesAt((int)tensor.Columns) + ((int)tensor.Columns / PartLength * PartBytes))
    where TPacking : struct, IPacking
{
    private const int PartLength = ActivationBlocks.BlockLength;
    private const int VectorBytes = 64;
    private const int NibbleBytes = 4 * VectorBytes;

    public override bool TakesBytes => true;

    private static bool HasOrigins => TPacking.OriginAt >= 0;

    private static int PartBytes => TPacking.Bits * VectorBytes;

    private static int HeadBytes => (2 * Group * (HasOrigins ? 2 : 1)) + (TPacking.Parts * PartHeadBytes);

    private static int PartHeadBytes => TPacking.HasPartScales ? 2 * Group : 0;

    private static int PartHeadsAt => 4 * Group;

    // Bits of a code's lower plane; the other has the rest.
    private static int LowerBits => TPacking.Bits == 3 ? 2 : 4;

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
            var head = group.Slice(unit * HeadBytes, HeadBytes);
            block.Slice(TPacking.ScaleAt, 2).CopyTo(head[(2 * row)..]);
            if (HasOrigins) block.Slice(TPacking.OriginAt, 2).CopyTo(head[((2 * Group) + (2 * row))..]);
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

                var planes = group.Slice(CodesAt(Columns) + (((unit * TPacking.Parts) + part) * PartBytes), PartBytes);
                for (var column = 0; column < PartLength; column++)
                    PutCode(planes, (row * 4) + (column % 4), column / 4, codes[(part * PartLength) + column]);
            }
        }
    }

    private static int CodesAt(int columns) =>
        ((columns / PartLength / TPacking.Parts * HeadBytes) + VectorBytes - 1) / VectorBytes * VectorBytes;

    private static void PutCode(Span<byte> planes, int place, int vector, int code)
    {
        var (lower, upper) = (LowerBits, TPacking.Bits - LowerBits);
        planes[(vector % lower * VectorBytes) + place] |= (byte)((code & ((1 << lower) - 1)) << (vector / lower * lower));
        if (upper > 0) planes[((lower + (vector % upper)) * VectorBytes) + place] |= (byte)(code >> lower << (vector / upper * upper));
    }

    private static int Code(byte* planes, int place, int vector)
    {
        var (lower, upper) = (LowerBits, TPacking.Bits - LowerBits);
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
            var planes = group + CodesAt(Columns) + (part * PartBytes);
            var at = ((long)i * Parts) + part;
            var codes = x.Codes + (at * PartLength);
            var sum = -TPacking.Offset * x.Sums[at];
            for (var column = 0; column < PartLength; column++) sum += Code(planes, (r * 4) + (column % 4), column / 4) * codes[column];
            var head = group + (part / TPacking.Parts * HeadBytes);
            var scale = (float)((Half*)head)[r];
            var origin = HasOrigins ? (float)((Half*)head)[Group + r] : 0;
            if (TPacking.HasPartScales)
            {
                var bytes = head + PartHeadsAt + (part % TPacking.Parts * PartHeadBytes);
                (scale, origin) = (scale * bytes[r], origin * bytes[Group + r]);
            }

            product = MathF.FusedMultiplyAdd(sum, scale * x.Scales[at], product);
            if (HasOrigins) product = MathF.FusedMultiplyAdd(origin, x.Moments[at], product);
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

    private void One<T>(byte* group, int lane, ActivationBlocks x, int row, float* products)
        where T : unmanaged, IRegister<T>
    {
        T sum = default;
        var head = group;
        var planes = group + CodesAt(Columns) + (lane * 4);
        var at = (long)row * Parts;
        var codes = (int*)(x.Codes + (at * PartLength));
        var scales = x.Scales + at;
        var moments = x.Moments + at;
        var sums = x.Sums + at;
        for (var unit = Parts / TPacking.Parts; unit > 0; unit--, head += HeadBytes)
        {
            T.Prefetch(head + Ahead);
            var scale = T.LoadHalves(head + (lane * 2));
            var origin = HasOrigins ? T.LoadHalves(head + (2 * Group) + (lane * 2)) : default;
            for (var part = 0; part < TPacking.Parts; part++, planes += PartBytes, codes += 8)
            {
                for (var line = 0; line < PartBytes; line += VectorBytes) T.Prefetch(planes + Ahead + line);
                var sumOfPart = T.Product(
                    Vector<T>(planes, 0), Vector<T>(planes, 1), Vector<T>(planes, 2), Vector<T>(planes, 3),
                    Vector<T>(planes, 4), Vector<T>(planes, 5), Vector<T>(planes, 6), Vector<T>(planes, 7), codes, ProductBits);
                if (TPacking.Bits == 8)
                {
                    var upper = planes + NibbleBytes;
                    sumOfPart = T.AddSixteenfold(sumOfPart, T.Product(
                        Vector<T>(upper, 0), Vector<T>(upper, 1), Vector<T>(upper, 2), Vector<T>(upper, 3),
                        Vector<T>(upper, 4), Vector<T>(upper, 5), Vector<T>(upper, 6), Vector<T>(upper, 7), codes, ProductBits));
                }

                var (factor, away) = OfPart(scale, origin, head + PartHeadsAt + (part * PartHeadBytes) + lane);
                sum = Add(sum, sumOfPart, factor, away, *scales++, *moments++, *sums++);
            }
        }

        T.Store(sum, products);
    }

    private void Four<T>(byte* group, int lane, ActivationBlocks x, int row, float* products)
        where T : unmanaged, IRegister<T>
    {
        T s0 = default, s1 = default, s2 = default, s3 = default;
        var head = group;
        var planes = group + CodesAt(Columns) + (lane * 4);
        long next = Parts;
        var at = row * next;
        var codes = (int*)(x.Codes + (at * PartLength));
        var scales = x.Scales + at;
        var moments = x.Moments + at;
        var sums = x.Sums + at;
        for (var unit = Parts / TPacking.Parts; unit > 0; unit--, head += HeadBytes)
        {
            var scale = T.LoadHalves(head + (lane * 2));
            var origin = HasOrigins ? T.LoadHalves(head + (2 * Group) + (lane * 2)) : default;
            for (var part = 0; part < TPacking.Parts; part++, planes += PartBytes, codes += 8, scales++, moments++, sums++)
            {
                for (var line = 0; line < PartBytes; line += VectorBytes) T.Prefetch(planes + Ahead + line);
                var (w0, w1, w2, w3) = (Vector<T>(planes, 0), Vector<T>(planes, 1), Vector<T>(planes, 2), Vector<T>(planes, 3));
                var (w4, w5, w6, w7) = (Vector<T>(planes, 4), Vector<T>(planes, 5), Vector<T>(planes, 6), Vector<T>(planes, 7));
                var p0 = T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes, ProductBits);
                var p1 = T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (8 * next), ProductBits);
                var p2 = T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (16 * next), ProductBits);
                var p3 = T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (24 * next), ProductBits);
                if (TPacking.Bits == 8)
                {
                    var upper = planes + NibbleBytes;
                    (w0, w1, w2, w3) = (Vector<T>(upper, 0), Vector<T>(upper, 1), Vector<T>(upper, 2), Vector<T>(upper, 3));
                    (w4, w5, w6, w7) = (Vector<T>(upper, 4), Vector<T>(upper, 5), Vector<T>(upper, 6), Vector<T>(upper, 7));
                    p0 = T.AddSixteenfold(p0, T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes, ProductBits));
                    p1 = T.AddSixteenfold(p1, T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (8 * next), ProductBits));
                    p2 = T.AddSixteenfold(p2, T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (16 * next), ProductBits));
                    p3 = T.AddSixteenfold(p3, T.Product(w0, w1, w2, w3, w4, w5, w6, w7, codes + (24 * next), ProductBits));
                }

                var (factor, away) = OfPart(scale, origin, head + PartHeadsAt + (part * PartHeadBytes) + lane);
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

    // Codes of 8 bits are multiplied half by half.
    private static int ProductBits => Math.Min(TPacking.Bits, 8 - (TPacking.Bits / 8 * 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Vector<T>(byte* planes, int v)
        where T : unmanaged, IRegister<T> => TPacking.Bits switch
        {
            3 => T.Or(T.Bits(T.Load(planes + (v % 2 * 64)), v / 2 * 2, 3), T.Bits(T.Load(planes + 128), v - 2, 4)),
            5 => T.Or(T.Bits(T.Load(planes + (v % 4 * 64)), v / 4 * 4, 15), T.Bits(T.Load(planes + 256), v - 4, 16)),
            6 => T.Or(
                T.Bits(T.Load(planes + (v % 4 * 64)), v / 4 * 4, 15), T.Bits(T.Load(planes + 256 + (v % 2 * 64)), (v / 2 * 2) - 4, 48)),
            _ => T.Bits(T.Load(planes + (v % 4 * 64)), v / 4 * 4, 15),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (T Scale, T Origin) OfPart<T>(T scale, T origin, byte* bytes)
        where T : unmanaged, IRegister<T> => TPacking.HasPartScales
            ? (T.Multiply(scale, T.LoadBytes(bytes)), T.Multiply(origin, T.LoadBytes(bytes + Group)))
            : (scale, origin);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Add<T>(T sum, T product, T scale, T origin, float factor, float moment, int codes)
        where T : unmanaged, IRegister<T>
    {
        if (TPacking.Offset != 0) product = T.Subtract(product, TPacking.Offset * codes);
        sum = T.MultiplyAdd(T.ToSingle(product), T.Multiply(scale, factor), sum);
        return HasOrigins ? T.MultiplyAdd(origin, moment, sum) : sum;
    }
}
