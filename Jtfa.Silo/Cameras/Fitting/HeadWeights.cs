using Jtfa.Core;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>The numbers of a gate and a head, as head.npz holds them; γ is 0 and β is 1.</summary>
/// <param name="Weights">W, classes × d, row by row.</param>
/// <param name="Bias">b, one a class.</param>
/// <param name="Gate">w, d numbers.</param>
/// <param name="MaxNorm">The norm of the longest token that a gateway takes.</param>
public sealed record HeadWeights(float[] Weights, float[] Bias, float[] Gate, float MaxNorm)
{
    /// <summary>The head that fuses and decides by these numbers.</summary>
    public FusionHead ToHead() => new(Weights, Bias.Length, Gate.Length, Bias, Gate, maxNorm: MaxNorm);

    /// <summary>Writes the file that <see cref="FusionHead.Load"/> reads back.</summary>
    public void Save(string path) => Npz.Write(path, new Dictionary<string, NpyArray>
    {
        ["W"] = NpyArray.FromSingles(Weights, Bias.Length, Gate.Length),
        ["b"] = NpyArray.FromSingles(Bias, Bias.Length),
        ["w"] = NpyArray.FromSingles(Gate, Gate.Length),
        ["gamma"] = NpyArray.FromSingles([0], 1),
        ["beta"] = NpyArray.FromSingles([1], 1),
        ["max_norm"] = NpyArray.FromSingles([MaxNorm], 1),
    });
}
