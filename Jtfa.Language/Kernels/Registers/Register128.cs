using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Jtfa.Language.Kernels.Registers;

/// <summary>4 lanes of ARM's NEON.</summary>
/// <typeparam name="TDot">Whether its products of bytes that are added in fours are used, too.</typeparam>
internal readonly unsafe struct Register128<TDot>(Vector128<byte> value) : IRegister<Register128<TDot>>
    where TDot : struct, ISwitch
{
    private readonly Vector128<byte> _value = value;

    public static int Lanes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Load(byte* from) => new(Vector128.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> LoadHalves(byte* from) => new(HalfVectors.Read4(from).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> LoadUpperHalves(byte* from) =>
        new((Vector128.WidenLower(Vector128.CreateScalar(*(long*)from).AsUInt16()) << 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Register128<TDot> numbers, float* to) => numbers._value.AsSingle().Store(to);

    /// <summary>Nothing: .NET has no such instruction for ARM, whose processors see what is read in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* line, bool once)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Codes3(byte* planes, int v) =>
        new(Bits(Vector128.Load(planes + (v % 2 * 64)), v / 2 * 2, 3) | Bits(Vector128.Load(planes + 128), v - 2, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Codes4(byte* planes, int v) => new(Bits(Vector128.Load(planes + (v % 4 * 64)), v / 4 * 4, 15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Codes5(byte* planes, int v) =>
        new(Bits(Vector128.Load(planes + (v % 4 * 64)), v / 4 * 4, 15) | Bits(Vector128.Load(planes + 256), v - 4, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Codes6(byte* planes, int v) =>
        new(Bits(Vector128.Load(planes + (v % 4 * 64)), v / 4 * 4, 15)
            | Bits(Vector128.Load(planes + 256 + (v % 2 * 64)), (v / 2 * 2) - 4, 48));

    // Sums of pairs are kept in 16 bits as long as they fit: 8 sums of codes of 4 bits, 4 of 5 bits, 2 of 6 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Product4(
        Register128<TDot> w0, Register128<TDot> w1, Register128<TDot> w2, Register128<TDot> w3,
        Register128<TDot> w4, Register128<TDot> w5, Register128<TDot> w6, Register128<TDot> w7, int* codes)
    {
        if (TDot.IsOn) return Fours(w0, w1, w2, w3, w4, w5, w6, w7, codes);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new(Widened((a + b) + (c + d)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Product5(
        Register128<TDot> w0, Register128<TDot> w1, Register128<TDot> w2, Register128<TDot> w3,
        Register128<TDot> w4, Register128<TDot> w5, Register128<TDot> w6, Register128<TDot> w7, int* codes)
    {
        if (TDot.IsOn) return Fours(w0, w1, w2, w3, w4, w5, w6, w7, codes);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new((Widened(a + b) + Widened(c + d)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Product6(
        Register128<TDot> w0, Register128<TDot> w1, Register128<TDot> w2, Register128<TDot> w3,
        Register128<TDot> w4, Register128<TDot> w5, Register128<TDot> w6, Register128<TDot> w7, int* codes)
    {
        if (TDot.IsOn) return Fours(w0, w1, w2, w3, w4, w5, w6, w7, codes);
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return new(((Widened(a) + Widened(b)) + (Widened(c) + Widened(d))).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> AddSixteenfold(Register128<TDot> a, Register128<TDot> b) =>
        new((a._value.AsInt32() + (b._value.AsInt32() << 4)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Subtract(Register128<TDot> a, int b) => new((a._value.AsInt32() - Vector128.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> MultiplyBytes(Register128<TDot> numbers, byte* bytes)
    {
        var integers = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(*(int*)bytes).AsByte())).AsInt32();
        return new((numbers._value.AsSingle() * Vector128.ConvertToSingle(integers)).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> MultiplyAdd(Register128<TDot> a, float b, Register128<TDot> sum) =>
        new(AdvSimd.FusedMultiplyAdd(sum._value.AsSingle(), a._value.AsSingle(), Vector128.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> MultiplyAdd(Register128<TDot> integers, Register128<TDot> scale, float factor, Register128<TDot> sum)
    {
        var numbers = Vector128.ConvertToSingle(integers._value.AsInt32());
        return new(AdvSimd.FusedMultiplyAdd(sum._value.AsSingle(), numbers, scale._value.AsSingle() * Vector128.Create(factor)).AsByte());
    }

    // Some bits of each byte, moved to the right, or to the left where the number is negative.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bits(Vector128<byte> bytes, int right, byte mask)
    {
        var words = bytes.AsUInt16();
        var moved = right > 0 ? words >>> right : right < 0 ? words << -right : words;
        return moved.AsByte() & Vector128.Create(mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widened(Vector128<short> words) => AdvSimd.AddPairwiseWidening(words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Pairs(Register128<TDot> weights, int codes)
    {
        var (bytes, four) = (weights._value.AsSByte(), Vector128.Create(codes).AsSByte());
        return AdvSimd.Arm64.AddPairwise(
            AdvSimd.MultiplyWideningLower(bytes.GetLower(), four.GetLower()), AdvSimd.MultiplyWideningUpper(bytes, four));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Register128<TDot> Fours(
        Register128<TDot> w0, Register128<TDot> w1, Register128<TDot> w2, Register128<TDot> w3,
        Register128<TDot> w4, Register128<TDot> w5, Register128<TDot> w6, Register128<TDot> w7, int* codes)
    {
        var a = Fours(Fours(Fours(Fours(default, w0, codes[0]), w2, codes[2]), w4, codes[4]), w6, codes[6]);
        var b = Fours(Fours(Fours(Fours(default, w1, codes[1]), w3, codes[3]), w5, codes[5]), w7, codes[7]);
        return new((a + b).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Fours(Vector128<int> sum, Register128<TDot> weights, int codes) =>
        Dp.DotProduct(sum, weights._value.AsSByte(), Vector128.Create(codes).AsSByte());
}
