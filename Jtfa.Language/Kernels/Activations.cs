using System.Runtime.CompilerServices;
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
                Vectors.Silu(x, length);
                break;
            case ActivationKind.Gelu:
                for (var i = 0; i < length; i++)
                    x[i] = 0.5f * x[i] * (1 + MathF.Tanh(0.79788456f * x[i] * (1 + (0.044715f * x[i] * x[i])))); // √(2/π)
                break;
            default:
                for (var i = 0; i < length; i++) x[i] = Math.Max(0, x[i]);
                break;
        }

        if (up != null) Vectors.Multiply(up, x, length);
    }
}
