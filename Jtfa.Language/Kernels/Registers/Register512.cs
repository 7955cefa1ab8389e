using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Jtfa.Language.Kernels.Registers;

/// <summary>16 lanes of AVX-512.</summary>
internal readonly unsafe struct Register512(Vector512<byte> value) : IRegister<Register512>
{
    private readonly Vector512<byte> _value = value;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Load(byte* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 LoadHalves(byte* from) => new(HalfVectors.Read16(from).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 LoadUpperHalves(byte* from) =>
        new((Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)from)) << 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Register512 numbers, float* to) => numbers._value.AsSingle().Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* line, bool once)
    {
        if (once) Sse.PrefetchNonTemporal(line);
        else Sse.Prefetch0(line);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Codes3(byte* planes, int v) =>
        new(Bits(Vector512.Load(planes + (v % 2 * 64)), v / 2 * 2, 3) | Bits(Vector512.Load(planes + 128), v - 2, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Codes4(byte* planes, int v) => new(Bits(Vector512.Load(planes + (v % 4 * 64)), v / 4 * 4, 15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Codes5(byte* planes, int v) =>
        new(Bits(Vector512.Load(planes + (v % 4 * 64)), v / 4 * 4, 15) | Bits(Vector512.Load(planes + 256), v - 4, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Codes6(byte* planes, int v) =>
        new(Bits(Vector512.Load(planes + (v % 4 * 64)), v / 4 * 4, 15)
            | Bits(Vector512.Load(planes + 256 + (v % 2 * 64)), (v / 2 * 2) - 4, 48));

    // Sums of pairs are kept in 16 bits as long as they fit: 8 sums of codes of 4 bits, 4 of 5 bits, 2 of 6 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Product4(
        Register512 w0, Register512 w1, Register512 w2, Register512 w3, Register512 w4, Register512 w5, Register512 w6, Register512 w7,
        int* codes)
    {
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new(Widened((a + b) + (c + d)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Product5(
        Register512 w0, Register512 w1, Register512 w2, Register512 w3, Register512 w4, Register512 w5, Register512 w6, Register512 w7,
        int* codes)
    {
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new((Widened(a + b) + Widened(c + d)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Product6(
        Register512 w0, Register512 w1, Register512 w2, Register512 w3, Register512 w4, Register512 w5, Register512 w6, Register512 w7,
        int* codes)
    {
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new(((Widened(a) + Widened(b)) + (Widened(c) + Widened(d))).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 AddSixteenfold(Register512 a, Register512 b) =>
        new((a._value.AsInt32() + (b._value.AsInt32() << 4)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Subtract(Register512 a, int b) => new((a._value.AsInt32() - Vector512.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplyBytes(Register512 numbers, byte* bytes)
    {
        var integers = Avx512F.ConvertToVector512Int32(Vector128.Load(bytes));
        return new((numbers._value.AsSingle() * Vector512.ConvertToSingle(integers)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplyAdd(Register512 a, float b, Register512 sum) =>
        new(Vector512.FusedMultiplyAdd(a._value.AsSingle(), Vector512.Create(b), sum._value.AsSingle()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplyAdd(Register512 integers, Register512 scale, float factor, Register512 sum)
    {
        var numbers = Vector512.ConvertToSingle(integers._value.AsInt32());
        return new(Vector512.FusedMultiplyAdd(numbers, scale._value.AsSingle() * Vector512.Create(factor), sum._value.AsSingle()).AsByte());
    }

    // Some bits of each byte, moved to the right, or to the left where the number is negative.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Bits(Vector512<byte> bytes, int right, byte mask)
    {
        var words = bytes.AsUInt16();
        var moved = right > 0 ? words >>> right : right < 0 ? words << -right : words;
        return moved.AsByte() & Vector512.Create(mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widened(Vector512<short> words) => Avx512BW.MultiplyAddAdjacent(words, Vector512.Create((short)1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Register512 weights, int codes) =>
        Avx512BW.MultiplyAddAdjacent(weights._value, Vector512.Create(codes).AsSByte());
}
