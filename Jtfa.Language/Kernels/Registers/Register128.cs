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

    private Vector128<float> Numbers => _value.AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Load(byte* from) => new(Vector128.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> LoadHalves(byte* from) => new(HalfVectors.Read4(from).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> LoadUpperHalves(byte* from) =>
        new((Vector128.WidenLower(Vector128.CreateScalar(*(long*)from).AsUInt16()) << 16).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> LoadBytes(byte* from) =>
        new(Vector128.ConvertToSingle(
            Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(*(int*)from).AsByte())).AsInt32()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Register128<TDot> numbers, float* to) => numbers.Numbers.Store(to);

    /// <summary>Nothing: .NET has no such instruction for ARM, whose processors see what is read in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* line)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Bits(Register128<TDot> bytes, int right, byte mask)
    {
        var value = bytes._value;
        var moved = right > 0 ? value >>> right : right < 0 ? value << -right : value;
        return new(moved & Vector128.Create(mask));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Or(Register128<TDot> a, Register128<TDot> b) => new(a._value | b._value);

    // Without sums in fours, sums of pairs are kept in 16 bits as long as they fit: 8 of codes of 4 bits, 4 of 5 bits, 2 of 6 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Product(
        Register128<TDot> w0, Register128<TDot> w1, Register128<TDot> w2, Register128<TDot> w3,
        Register128<TDot> w4, Register128<TDot> w5, Register128<TDot> w6, Register128<TDot> w7, int* codes, int bits)
    {
        if (TDot.IsOn)
        {
            var first = Fours(Fours(Fours(Fours(default, w0, codes[0]), w2, codes[2]), w4, codes[4]), w6, codes[6]);
            var second = Fours(Fours(Fours(Fours(default, w1, codes[1]), w3, codes[3]), w5, codes[5]), w7, codes[7]);
            return new((first + second).AsByte());
        }

        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        if (bits <= 4) return new(AdvSimd.AddPairwiseWidening((a + b) + (c + d)).AsByte());
        if (bits == 5) return new((AdvSimd.AddPairwiseWidening(a + b) + AdvSimd.AddPairwiseWidening(c + d)).AsByte());
        return new((
            (AdvSimd.AddPairwiseWidening(a) + AdvSimd.AddPairwiseWidening(b)) +
            (AdvSimd.AddPairwiseWidening(c) + AdvSimd.AddPairwiseWidening(d))).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> AddSixteenfold(Register128<TDot> a, Register128<TDot> b) =>
        new((a._value.AsInt32() + (b._value.AsInt32() << 4)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Subtract(Register128<TDot> a, int b) => new((a._value.AsInt32() - Vector128.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> ToSingle(Register128<TDot> integers) =>
        new(Vector128.ConvertToSingle(integers._value.AsInt32()).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Multiply(Register128<TDot> a, Register128<TDot> b) => new((a.Numbers * b.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> Multiply(Register128<TDot> a, float b) => new((a.Numbers * Vector128.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> MultiplyAdd(Register128<TDot> a, Register128<TDot> b, Register128<TDot> c) =>
        new(AdvSimd.FusedMultiplyAdd(c.Numbers, a.Numbers, b.Numbers).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128<TDot> MultiplyAdd(Register128<TDot> a, float b, Register128<TDot> c) =>
        new(AdvSimd.FusedMultiplyAdd(c.Numbers, a.Numbers, Vector128.Create(b)).AsByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Pairs(Register128<TDot> weights, int codes)
    {
        var (bytes, four) = (weights._value.AsSByte(), Vector128.Create(codes).AsSByte());
        return AdvSimd.Arm64.AddPairwise(
            AdvSimd.MultiplyWideningLower(bytes.GetLower(), four.GetLower()), AdvSimd.MultiplyWideningUpper(bytes, four));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Fours(Vector128<int> sum, Register128<TDot> weights, int codes) =>
        Dp.DotProduct(sum, weights._value.AsSByte(), Vector128.Create(codes).AsSByte());
}
