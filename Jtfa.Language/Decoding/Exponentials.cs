using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Jtfa.Language.Decoding;

/// <summary>
/// Exponentials and their sums, bit for bit the same on every machine: additions, multiplications and divisions of IEEE 754 alone, in a
/// fixed order. The system's mathematics library differs from machine to machine in the last bits, and a drawn text with it.
/// </summary>
internal static class Exponentials
{
    private const double Log2E = 1.4426950408889634;
    // ln 2 in two parts; the first has so few digits that its product with the exponent is exact.
    private const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;
    // Adding it rounds to a whole number, which then is in the lowest bits.
    private const double Rounder = 6755399441055744.0;
    private const double Least = -708;

    /// <summary>e^x for x of at most 0; 0 below -708.</summary>
    public static double Of(double x) => Of(Vector256.Create(x))[0];

    /// <summary>e^((logit - max) / temperature) of every logit.</summary>
    /// <param name="logits">The logits; negative infinity gives 0.</param>
    /// <param name="max">The largest.</param>
    /// <param name="temperature">Above 0.</param>
    /// <param name="weights">Takes the exponentials.</param>
    /// <returns>Their sum, in eight partial sums.</returns>
    public static double Of(ReadOnlySpan<float> logits, float max, double temperature, Span<double> weights)
    {
        var (shift, scale) = (Vector256.Create((double)max), Vector256.Create(temperature));
        Vector256<double> even = default, odd = default;
        ref var from = ref MemoryMarshal.GetReference(logits);
        ref var to = ref MemoryMarshal.GetReference(weights);
        var i = 0;
        for (; i + 8 <= logits.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            low = Of((low - shift) / scale);
            high = Of((high - shift) / scale);
            low.StoreUnsafe(ref to, (nuint)i);
            high.StoreUnsafe(ref to, (nuint)i + 4);
            even += low;
            odd += high;
        }
        var rest = 0.0;
        for (; i < logits.Length; i++) rest += weights[i] = Of((logits[i] - (double)max) / temperature);
        var sums = even + odd;
        return sums[0] + sums[1] + (sums[2] + sums[3]) + rest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Of(Vector256<double> x)
    {
        var rounded = x * Log2E + Vector256.Create(Rounder);
        var exponent = rounded - Vector256.Create(Rounder);
        var r = x - exponent * Ln2High - exponent * Ln2Low;
        // The series of e^r to r^13: |r| is at most half of ln 2, so what is left out is below 1e-17.
        var sum = Vector256.Create(1.0 / 6227020800);
        sum = sum * r + Vector256.Create(1.0 / 479001600);
        sum = sum * r + Vector256.Create(1.0 / 39916800);
        sum = sum * r + Vector256.Create(1.0 / 3628800);
        sum = sum * r + Vector256.Create(1.0 / 362880);
        sum = sum * r + Vector256.Create(1.0 / 40320);
        sum = sum * r + Vector256.Create(1.0 / 5040);
        sum = sum * r + Vector256.Create(1.0 / 720);
        sum = sum * r + Vector256.Create(1.0 / 120);
        sum = sum * r + Vector256.Create(1.0 / 24);
        sum = sum * r + Vector256.Create(1.0 / 6);
        sum = sum * r + Vector256.Create(0.5);
        sum = sum * r + Vector256<double>.One;
        sum = sum * r + Vector256<double>.One;
        var scaled = (sum.AsInt64() + (rounded.AsInt64() << 52)).AsDouble();
        return Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(x, Vector256.Create(Least)), scaled, Vector256<double>.Zero);
    }
}
