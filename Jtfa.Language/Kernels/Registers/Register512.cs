using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Jtfa.Language.Kernels.Registers;

/// <summary>16 lanes of AVX-512.</summary>
internal readonly unsafe struct Register512(Vector512<byte> value) : IRegister<Register512>
{
    private readonly Vector512<byte> _value = value;

    public static int Lanes => 16;

    private Vector512<float> Numbers => _value.AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Load(byte* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 LoadHalves(byte* from) => new(HalfVectors.Read16(from).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 LoadUpperHalves(byte* from) =>
        new((Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)from)) << 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 LoadBytes(byte* from) =>
        new(Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(from))).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Register512 numbers, float* to) => numbers.Numbers.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* line) => Sse.PrefetchNonTemporal(line);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Bits(Register512 bytes, int right, byte mask)
    {
        var words = bytes._value.AsUInt16();
        var moved = right > 0 ? words >>> right : right < 0 ? words << -right : words;
        return new(moved.AsByte() & Vector512.Create(mask));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Or(Register512 a, Register512 b) => new(a._value | b._value);

    // Sums of pairs are kept in 16 bits as long as they fit: 8 sums of codes of 4 bits, 4 of 5 bits, 2 of 6 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Product(
        Register512 w0, Register512 w1, Register512 w2, Register512 w3, Register512 w4, Register512 w5, Register512 w6, Register512 w7,
        int* codes, int bits)
    {
        var ones = Vector512.Create((short)1);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        if (bits <= 4) return new(Avx512BW.MultiplyAddAdjacent((a + b) + (c + d), ones).AsByte());
        if (bits == 5) return new((Avx512BW.MultiplyAddAdjacent(a + b, ones) + Avx512BW.MultiplyAddAdjacent(c + d, ones)).AsByte());
        return new((
            (Avx512BW.MultiplyAddAdjacent(a, ones) + Avx512BW.MultiplyAddAdjacent(b, ones)) +
            (Avx512BW.MultiplyAddAdjacent(c, ones) + Avx512BW.MultiplyAddAdjacent(d, ones))).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 AddSixteenfold(Register512 a, Register512 b) =>
        new((a._value.AsInt32() + (b._value.AsInt32() << 4)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Subtract(Register512 a, int b) => new((a._value.AsInt32() - Vector512.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 ToSingle(Register512 integers) => new(Vector512.ConvertToSingle(integers._value.AsInt32()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Multiply(Register512 a, Register512 b) => new((a.Numbers * b.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Multiply(Register512 a, float b) => new((a.Numbers * Vector512.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplyAdd(Register512 a, Register512 b, Register512 c) =>
        new(Vector512.FusedMultiplyAdd(a.Numbers, b.Numbers, c.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 MultiplyAdd(Register512 a, float b, Register512 c) =>
        new(Vector512.FusedMultiplyAdd(a.Numbers, Vector512.Create(b), c.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Register512 weights, int codes) =>
        Avx512BW.MultiplyAddAdjacent(weights._value, Vector512.Create(codes).AsSByte());
}
