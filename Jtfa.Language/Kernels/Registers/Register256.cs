using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Jtfa.Language.Kernels.Registers;

/// <summary>8 lanes of AVX2.</summary>
/// <typeparam name="TDot">Whether AVX-VNNI is used, too.</typeparam>
internal readonly unsafe struct Register256<TDot>(Vector256<byte> value) : IRegister<Register256<TDot>>
    where TDot : struct, ISwitch
{
    private readonly Vector256<byte> _value = value;

    public static int Lanes => 8;

    private Vector256<float> Numbers => _value.AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Load(byte* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> LoadHalves(byte* from) => new(HalfVectors.Read8(from).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> LoadUpperHalves(byte* from) =>
        new((Avx2.ConvertToVector256Int32(Vector128.Load((ushort*)from)) << 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> LoadBytes(byte* from) =>
        new(Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(Vector128.CreateScalar(*(long*)from).AsByte())).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Register256<TDot> numbers, float* to) => numbers.Numbers.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* line) => Sse.PrefetchNonTemporal(line);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Bits(Register256<TDot> bytes, int right, byte mask)
    {
        var words = bytes._value.AsUInt16();
        var moved = right > 0 ? words >>> right : right < 0 ? words << -right : words;
        return new(moved.AsByte() & Vector256.Create(mask));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Or(Register256<TDot> a, Register256<TDot> b) => new(a._value | b._value);

    // Without VNNI, sums of pairs are kept in 16 bits as long as they fit: 8 sums of codes of 4 bits, 4 of 5 bits, 2 of 6 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Product(
        Register256<TDot> w0, Register256<TDot> w1, Register256<TDot> w2, Register256<TDot> w3,
        Register256<TDot> w4, Register256<TDot> w5, Register256<TDot> w6, Register256<TDot> w7, int* codes, int bits)
    {
        if (TDot.IsOn)
        {
            var first = Fours(Fours(Fours(Fours(default, w0, codes[0]), w2, codes[2]), w4, codes[4]), w6, codes[6]);
            var second = Fours(Fours(Fours(Fours(default, w1, codes[1]), w3, codes[3]), w5, codes[5]), w7, codes[7]);
            return new((first + second).AsByte());
        }

        var ones = Vector256.Create((short)1);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        if (bits <= 4) return new(Avx2.MultiplyAddAdjacent((a + b) + (c + d), ones).AsByte());
        if (bits == 5) return new((Avx2.MultiplyAddAdjacent(a + b, ones) + Avx2.MultiplyAddAdjacent(c + d, ones)).AsByte());
        return new((
            (Avx2.MultiplyAddAdjacent(a, ones) + Avx2.MultiplyAddAdjacent(b, ones)) +
            (Avx2.MultiplyAddAdjacent(c, ones) + Avx2.MultiplyAddAdjacent(d, ones))).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> AddSixteenfold(Register256<TDot> a, Register256<TDot> b) =>
        new((a._value.AsInt32() + (b._value.AsInt32() << 4)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Subtract(Register256<TDot> a, int b) => new((a._value.AsInt32() - Vector256.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> ToSingle(Register256<TDot> integers) =>
        new(Vector256.ConvertToSingle(integers._value.AsInt32()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Multiply(Register256<TDot> a, Register256<TDot> b) => new((a.Numbers * b.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Multiply(Register256<TDot> a, float b) => new((a.Numbers * Vector256.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> MultiplyAdd(Register256<TDot> a, Register256<TDot> b, Register256<TDot> c) =>
        new(Vector256.FusedMultiplyAdd(a.Numbers, b.Numbers, c.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> MultiplyAdd(Register256<TDot> a, float b, Register256<TDot> c) =>
        new(Vector256.FusedMultiplyAdd(a.Numbers, Vector256.Create(b), c.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pairs(Register256<TDot> weights, int codes) =>
        Avx2.MultiplyAddAdjacent(weights._value, Vector256.Create(codes).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Fours(Vector256<int> sum, Register256<TDot> weights, int codes) =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights._value, Vector256.Create(codes).AsSByte());
}
