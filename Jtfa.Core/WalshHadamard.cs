using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Jtfa.Core;

/// <summary>The fast Walsh–Hadamard transform in natural (Hadamard) order, unnormalised, in place.</summary>
internal static class WalshHadamard
{
    /// <summary>
    /// Transforms <paramref name="values"/>, whose length is a power of two. Butterflies run from the narrowest to the widest, each
    /// sum rounded to single precision, so that the result equals the scalar loop's (and the published scripts') bit by bit.
    /// </summary>
    public static void Transform(Span<float> values)
    {
        var width = 1;
        if (values.Length >= Vector128<float>.Count)
        {
            TransformQuads(values);
            width = Vector128<float>.Count;
        }
        for (; width < values.Length; width *= 2)
        {
            for (var start = 0; start < values.Length; start += 2 * width)
                Butterfly(values.Slice(start, width), values.Slice(start + width, width));
        }
    }

    /// <summary>Widths 1 and 2, within registers: a − b is a + (−b), exactly.</summary>
    private static void TransformQuads(Span<float> values)
    {
        var oddLanes = Vector128.Create(1f, -1f, 1f, -1f);
        var highLanes = Vector128.Create(1f, 1f, -1f, -1f);
        foreach (ref var quad in MemoryMarshal.Cast<float, Vector128<float>>(values))
        {
            var pairs = Vector128.Shuffle(quad, Vector128.Create(1, 0, 3, 2)) + (quad * oddLanes);
            quad = Vector128.Shuffle(pairs, Vector128.Create(2, 3, 0, 1)) + (pairs * highLanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterfly(Span<float> low, Span<float> high)
    {
        if (low.Length < Vector128<float>.Count)
        {
            (low[0], high[0]) = (low[0] + high[0], low[0] - high[0]);
            return;
        }
        var lows = MemoryMarshal.Cast<float, Vector128<float>>(low);
        var highs = MemoryMarshal.Cast<float, Vector128<float>>(high);
        for (var i = 0; i < lows.Length && i < highs.Length; i++) (lows[i], highs[i]) = (lows[i] + highs[i], lows[i] - highs[i]);
    }
}
