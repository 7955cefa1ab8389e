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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Load(byte* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> LoadHalves(byte* from) => new(HalfVectors.Read8(from).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> LoadUpperHalves(byte* from) =>
        new((Avx2.ConvertToVector256Int32(Vector128.Load((ushort*)from)) << 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Register256<TDot> numbers, float* to) => numbers._value.AsSingle().Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* line, bool once)
    {
        if (once) Sse.PrefetchNonTemporal(line);
        else Sse.Prefetch0(line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Codes3(byte* planes, int v) =>
        new(Bits(Vector256.Load(planes + (v % 2 * 64)), v / 2 * 2, 3) | Bits(Vector256.Load(planes + 128), v - 2, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Codes4(byte* planes, int v) => new(Bits(Vector256.Load(planes + (v % 4 * 64)), v / 4 * 4, 15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Codes5(byte* planes, int v) =>
        new(Bits(Vector256.Load(planes + (v % 4 * 64)), v / 4 * 4, 15) | Bits(Vector256.Load(planes + 256), v - 4, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Codes6(byte* planes, int v) =>
        new(Bits(Vector256.Load(planes + (v % 4 * 64)), v / 4 * 4, 15)
            | Bits(Vector256.Load(planes + 256 + (v % 2 * 64)), (v / 2 * 2) - 4, 48));

    // Sums of pairs are kept in 16 bits as long as they fit: 8 sums of codes of 4 bits, 4 of 5 bits, 2 of 6 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Product4(
        Register256<TDot> w0, Register256<TDot> w1, Register256<TDot> w2, Register256<TDot> w3,
        Register256<TDot> w4, Register256<TDot> w5, Register256<TDot> w6, Register256<TDot> w7, int* codes)
    {
        if (TDot.IsOn) return Fours(w0, w1, w2, w3, w4, w5, w6, w7, codes);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new(Widened((a + b) + (c + d)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Product5(
        Register256<TDot> w0, Register256<TDot> w1, Register256<TDot> w2, Register256<TDot> w3,
        Register256<TDot> w4, Register256<TDot> w5, Register256<TDot> w6, Register256<TDot> w7, int* codes)
    {
        if (TDot.IsOn) return Fours(w0, w1, w2, w3, w4, w5, w6, w7, codes);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new((Widened(a + b) + Widened(c + d)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Product6(
        Register256<TDot> w0, Register256<TDot> w1, Register256<TDot> w2, Register256<TDot> w3,
        Register256<TDot> w4, Register256<TDot> w5, Register256<TDot> w6, Register256<TDot> w7, int* codes)
    {
        if (TDot.IsOn) return Fours(w0, w1, w2, w3, w4, w5, w6, w7, codes);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new(((Widened(a) + Widened(b)) + (Widened(c) + Widened(d))).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> AddSixteenfold(Register256<TDot> a, Register256<TDot> b) =>
        new((a._value.AsInt32() + (b._value.AsInt32() << 4)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> Subtract(Register256<TDot> a, int b) => new((a._value.AsInt32() - Vector256.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> MultiplyBytes(Register256<TDot> numbers, byte* bytes)
    {
        var integers = Avx2.ConvertToVector256Int32(Vector128.CreateScalar(*(long*)bytes).AsByte());
        return new((numbers._value.AsSingle() * Vector256.ConvertToSingle(integers)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> MultiplyAdd(Register256<TDot> a, float b, Register256<TDot> sum) =>
        new(Vector256.FusedMultiplyAdd(a._value.AsSingle(), Vector256.Create(b), sum._value.AsSingle()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256<TDot> MultiplyAdd(Register256<TDot> integers, Register256<TDot> scale, float factor, Register256<TDot> sum)
    {
        var numbers = Vector256.ConvertToSingle(integers._value.AsInt32());
        return new(Vector256.FusedMultiplyAdd(numbers, scale._value.AsSingle() * Vector256.Create(factor), sum._value.AsSingle()).AsByte());
    }

    // Some bits of each byte, moved to the right, or to the left where the number is negative.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Bits(Vector256<byte> bytes, int right, byte mask)
    {
        var words = bytes.AsUInt16();
        var moved = right > 0 ? words >>> right : right < 0 ? words << -right : words;
        return moved.AsByte() & Vector256.Create(mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widened(Vector256<short> words) => Avx2.MultiplyAddAdjacent(words, Vector256.Create((short)1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pairs(Register256<TDot> weights, int codes) =>
        Avx2.MultiplyAddAdjacent(weights._value, Vector256.Create(codes).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Register256<TDot> Fours(
        Register256<TDot> w0, Register256<TDot> w1, Register256<TDot> w2, Register256<TDot> w3,
        Register256<TDot> w4, Register256<TDot> w5, Register256<TDot> w6, Register256<TDot> w7, int* codes)
    {
        var a = Fours(Fours(Fours(Fours(default, w0, codes[0]), w2, codes[2]), w4, codes[4]), w6, codes[6]);
        var b = Fours(Fours(Fours(Fours(default, w1, codes[1]), w3, codes[3]), w5, codes[5]), w7, codes[7]);
        return new((a + b).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Fours(Vector256<int> sum, Register256<TDot> weights, int codes) =>
        AvxVnni.MultiplyWideningAndAdd(sum, weights._value, Vector256.Create(codes).AsSByte());
}
