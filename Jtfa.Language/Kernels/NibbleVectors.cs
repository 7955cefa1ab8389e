using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Jtfa.Language.Kernels;

/// <summary>Codes of 4 bits, two a byte.</summary>
internal static unsafe class NibbleVectors
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Low(Vector512<byte> codes) => codes & Vector512.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> High(Vector512<byte> codes) =>
        (codes.AsUInt16() >>> 4).AsByte() & Vector512.Create((byte)15);

    /// <summary>Codes, a byte each, times 32 bytes of activations: two sums a row, each at most 16·15·127, which 16 bits hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Products(
        Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3,
        Vector512<byte> w4, Vector512<byte> w5, Vector512<byte> w6, Vector512<byte> w7, int* codes)
    {
        var a = Pairs(w0, codes[0]) + Pairs(w1, codes[1]);
        var b = Pairs(w2, codes[2]) + Pairs(w3, codes[3]);
        var c = Pairs(w4, codes[4]) + Pairs(w5, codes[5]);
        var d = Pairs(w6, codes[6]) + Pairs(w7, codes[7]);
        return (a + b) + (c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Pairs(Vector512<byte> weights, int codes) =>
        Avx512BW.MultiplyAddAdjacent(weights, Vector512.Create(codes).AsSByte());
}
