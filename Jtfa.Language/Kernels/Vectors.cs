using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Sums and products of rows of numbers. Each has one order of additions, whatever the machine's vectors are and whatever else is computed
/// beside it, so that a row's numbers are the same, bit for bit, in any batch.
/// </summary>
internal static unsafe class Vectors
{
    private const int Lanes = 8;

    /// <summary>Σ a_i·b_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int length)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i <= length - (4 * Lanes); i += 4 * Lanes)
        {
            s0 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), s0);
            s1 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i + 8), Vector256.Load(b + i + 8), s1);
            s2 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i + 16), Vector256.Load(b + i + 16), s2);
            s3 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i + 24), Vector256.Load(b + i + 24), s3);
        }

        for (; i <= length - Lanes; i += Lanes) s0 = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), s0);
        var sum = Sum((s0 + s1) + (s2 + s3));
        for (; i < length; i++) sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
        return sum;
    }

    /// <summary>to_i += factor·from_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float* from, float factor, float* to, int length)
    {
        var i = 0;
        var factors = Vector256.Create(factor);
        for (; i <= length - Lanes; i += Lanes)
            Vector256.FusedMultiplyAdd(Vector256.Load(from + i), factors, Vector256.Load(to + i)).Store(to + i);
        for (; i < length; i++) to[i] = MathF.FusedMultiplyAdd(from[i], factor, to[i]);
    }

    /// <summary>to_i += from_i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* from, float* to, int length)
    {
        var i = 0;
        for (; i <= length - Lanes; i += Lanes) (Vector256.Load(from + i) + Vector256.Load(to + i)).Store(to + i);
        for (; i < length; i++) to[i] += from[i];
    }

    /// <summary>Numbers to the weights exp(x_i − max) / Σ exp(x_j − max), in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* x, int length)
    {
        var i = 0;
        var most = Vector256.Create(float.NegativeInfinity);
        for (; i <= length - Lanes; i += Lanes) most = Vector256.Max(most, Vector256.Load(x + i));
        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < Lanes; lane++) largest = Math.Max(largest, most.GetElement(lane));
        for (; i < length; i++) largest = Math.Max(largest, x[i]);

        var shift = Vector256.Create(largest);
        var sums = Vector256<float>.Zero;
        for (i = 0; i <= length - Lanes; i += Lanes)
        {
            var weights = Vector256.Exp(Vector256.Load(x + i) - shift);
            weights.Store(x + i);
            sums += weights;
        }

        var sum = Sum(sums);
        for (; i < length; i++)
        {
            x[i] = Exp(x[i] - largest);
            sum += x[i];
        }

        var factor = 1 / sum;
        var factors = Vector256.Create(factor);
        for (i = 0; i <= length - Lanes; i += Lanes) (Vector256.Load(x + i) * factors).Store(x + i);
        for (; i < length; i++) x[i] *= factor;
    }

    /// <summary>x_i = x_i / (1 + exp(−x_i)).</summary>
    public static void Silu(float* x, int length)
    {
        var i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            var numbers = Vector256.Load(x + i);
            (numbers / (Vector256<float>.One + Vector256.Exp(-numbers))).Store(x + i);
        }

        for (; i < length; i++) x[i] /= 1 + Exp(-x[i]);
    }

    /// <summary>to_i *= from_i.</summary>
    public static void Multiply(float* from, float* to, int length)
    {
        var i = 0;
        for (; i <= length - Lanes; i += Lanes) (Vector256.Load(from + i) * Vector256.Load(to + i)).Store(to + i);
        for (; i < length; i++) to[i] *= from[i];
    }

    /// <summary>Σ (x_i − mean)², in double precision.</summary>
    public static double SumOfSquares(float* x, float mean, int length)
    {
        var (even, odd) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var i = 0;
        for (; i <= length - Lanes; i += Lanes)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(x + i) - Vector256.Create(mean));
            even += low * low;
            odd += high * high;
        }

        var sums = even + odd;
        var sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        for (; i < length; i++) sum += (double)(x[i] - mean) * (x[i] - mean);
        return sum;
    }

    /// <summary>to_i = (from_i − mean)·factor·weights_i.</summary>
    public static void Normalise(float* from, float mean, float factor, float* weights, float* to, int length)
    {
        var (means, factors) = (Vector256.Create(mean), Vector256.Create(factor));
        var i = 0;
        for (; i <= length - Lanes; i += Lanes)
            ((Vector256.Load(from + i) - means) * factors * Vector256.Load(weights + i)).Store(to + i);
        for (; i < length; i++) to[i] = (from[i] - mean) * factor * weights[i];
    }

    // The exponential of what is left of a row: the vectors' own, which are not the mathematics library's in the last bits.
    private static float Exp(float x) => Vector256.Exp(Vector256.Create(x)).GetElement(0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> v)
    {
        var half = v.GetLower() + v.GetUpper();
        return (half.GetElement(0) + half.GetElement(2)) + (half.GetElement(1) + half.GetElement(3));
    }
}
