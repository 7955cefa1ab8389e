using Jtfa.Core;

namespace Jtfa.Testing.Scenes;

/// <summary>A head whose logits are the fused token itself: the class is the largest element.</summary>
internal static class SampleHead
{
    public const int Dimension = 4;

    public static readonly IReadOnlyList<string> ClassNames = ["cat", "dog", "owl", "fox"];

    public static readonly FusionHead Head = new(
        weights: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], classes: Dimension, Dimension, bias: new float[Dimension]);
}
