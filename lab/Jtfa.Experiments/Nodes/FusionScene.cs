namespace Jtfa.Experiments.Nodes;

/// <summary>A scene of the fusion node: a policy that is tried.</summary>
/// <param name="Name">Its name.</param>
/// <param name="K">Views needed.</param>
/// <param name="T">Timeout, milliseconds.</param>
/// <param name="W">Window width, milliseconds.</param>
public sealed record FusionScene(string Name, int K, double T, double W)
{
    /// <summary>Views expected.</summary>
    public int N { get; init; } = 4;

    /// <summary>The head.npz that decides; null: the shipped one.</summary>
    public string? Head { get; init; }
}
