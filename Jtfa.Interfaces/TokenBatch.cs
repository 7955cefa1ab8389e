namespace Jtfa.Interfaces;

/// <summary>Tokens of one window, as one gateway received them in one drain of its socket.</summary>
/// <param name="Policy">The scene's policy at the decision's moment; a window keeps that of its first batch.</param>
/// <param name="Tokens">Packed tokens, laid out as <see cref="Core.TokenBlock"/> reads them.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.TokenBatch")]
public sealed record TokenBatch(
    [property: Id(0)] ScenePolicy Policy,
    [property: Id(1)] byte[] Tokens);
