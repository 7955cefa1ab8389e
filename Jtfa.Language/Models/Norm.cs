using System.Runtime.CompilerServices;
using Jtfa.Language.Architectures;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>A norm with its weights.</summary>
internal sealed unsafe class Norm(NormKind kind, float epsilon, NativeBuffer<float> weight, NativeBuffer<float>? bias) : IDisposable
{
    /// <summary>Numbers of a row.</summary>
    public int Length { get; } = (int)weight.Length;

    /// <summary>Normalises a row; both may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(float* from, float* to)
    {
        var sum = 0.0;
        if (kind == NormKind.Layer)
        {
            for (var i = 0; i < Length; i++) sum += from[i];
        }

        var mean = (float)(sum / Length);
        var factor = 1 / MathF.Sqrt((float)(Vectors.SumOfSquares(from, mean, Length) / Length) + epsilon);
        Vectors.Normalise(from, mean, factor, weight.Address, to, Length);
        if (bias is not null) Vectors.Add(bias.Address, to, Length);
    }

    public void Dispose()
    {
        weight.Dispose();
        bias?.Dispose();
    }
}
