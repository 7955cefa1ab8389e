using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Jtfa.Language.Architectures;

namespace Jtfa.Language.Kernels;

/// <summary>Activations of feed-forward networks, in place; each may be multiplied with what a gate lets through.</summary>
internal static unsafe class Activations
{
    /// <summary>x_i = f(x_i), or f(x_i)·up_i.</summary>
    /// <param name="kind">f.</param>
    /// <param name="x">Numbers.</param>
    /// <param name="up">What is multiplied with them; null for nothing.</param>
    /// <param name="length">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(ActivationKind kind, float* x, float* up, int length)
    {
        switch (kind)
        {
            case ActivationKind.Silu:
                // Whether a number is one of a vector's depends on the rows beside it, so that both ways have to be the same.
                var at = 0;
                for (; at <= length - 8; at += 8)
                {
                    var numbers = Vector256.Load(x + at);
                    (numbers / (Vector256<float>.One + Vector256.Exp(-numbers))).Store(x + at);
                }

                for (; at < length; at++) x[at] /= 1 + Vectors.Exp(-x[at]);
                break;
            case ActivationKind.Gelu:
                for (var i = 0; i < length; i++)
                    x[i] = 0.5f * x[i] * (1 + MathF.Tanh(0.79788456f * x[i] * (1 + (0.044715f * x[i] * x[i])))); // √(2/π)
                break;
            default:
                for (var i = 0; i < length; i++) x[i] = Math.Max(0, x[i]);
                break;
        }

        if (up == null) return;
        for (var i = 0; i < length; i++) x[i] *= up[i];
    }
}
