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
        var largest = float.NegativeInfinity;
        for (var i = 0; i < length; i++) largest = Math.Max(largest, x[i]);
        var (at, sums, rest) = (0, Vector256<float>.Zero, 0f);
        for (; at <= length - Lanes; at += Lanes)
        {
            var weights = Vector256.Exp(Vector256.Load(x + at) - Vector256.Create(largest));
            weights.Store(x + at);
            sums += weights;
        }

        for (; at < length; at++)
        {
            x[at] = Exp(x[at] - largest);
            rest += x[at];
        }

        var factor = 1 / (Sum(sums) + rest);
        for (at = 0; at <= length - Lanes; at += Lanes) (Vector256.Load(x + at) * Vector256.Create(factor)).Store(x + at);
        for (; at < length; at++) x[at] *= factor;
    }

    /// <summary>e^x, the same as where it is one of a vector's.</summary>
    public static float Exp(float x) => Vector256.Exp(Vector256.CreateScalar(x)).ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> v)
    {
        var half = v.GetLower() + v.GetUpper();
        return (half.GetElement(0) + half.GetElement(2)) + (half.GetElement(1) + half.GetElement(3));
    }
}
