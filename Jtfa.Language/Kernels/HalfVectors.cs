using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Jtfa.Language.Kernels;

/// <summary>Finite numbers of half precision, several at once, to single precision.</summary>
internal static unsafe class HalfVectors
{
    private const float Exponents = 5.192297e33f; // 2^112

    /// <summary>16 of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Read16(byte* halves) =>
        ToSingle(Avx512F.ConvertToVector512Int32(Vector256.Load((ushort*)halves)).AsUInt32());

    /// <summary>8 of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Read8(byte* halves) =>
        ToSingle(Avx2.ConvertToVector256Int32(Vector128.Load((ushort*)halves)).AsUInt32());

    /// <summary>4 of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Read4(byte* halves)
    {
        var bits = Vector128.WidenLower(Vector128.CreateScalar(*(long*)halves).AsUInt16());
        var magnitude = ((bits & Vector128.Create(0x7fffu)) << 13).AsSingle() * Vector128.Create(Exponents);
        return (magnitude.AsUInt32() | ((bits & Vector128.Create(0x8000u)) << 16)).AsSingle();
    }

    /// <summary>So many of them.</summary>
    public static void Read(byte* halves, float* numbers, int count)
    {
        var i = 0;
        if (Avx2.IsSupported)
        {
            for (; i <= count - 8; i += 8) Read8(halves + (2 * i)).Store(numbers + i);
        }

        for (; i < count; i++) numbers[i] = (float)((Half*)halves)[i];
    }

    // A half's exponent and fraction, moved to a single's places and multiplied with 2^112, is its value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ToSingle(Vector512<uint> halves)
    {
        var magnitude = ((halves & Vector512.Create(0x7fffu)) << 13).AsSingle() * Vector512.Create(Exponents);
        return (magnitude.AsUInt32() | ((halves & Vector512.Create(0x8000u)) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToSingle(Vector256<uint> halves)
    {
        var magnitude = ((halves & Vector256.Create(0x7fffu)) << 13).AsSingle() * Vector256.Create(Exponents);
        return (magnitude.AsUInt32() | ((halves & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }
}
