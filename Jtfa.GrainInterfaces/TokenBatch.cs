namespace Jtfa.Interfaces;

/// <summary>Tokens of one lane, as one gateway received them in one drain of its socket.</summary>
/// <param name="Policy">The scene's policy at their moment; a window keeps that of its first token.</param>
/// <param name="Tokens">Packed tokens of any number of windows, laid out as <see cref="Core.TokenBlock"/> reads them.</param>
/// <param name="Gateway">The silo of the gateway.</param>
/// <param name="ClockEpoch">The gateway's clock epoch.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.TokenBatch")]
public sealed record TokenBatch(
    [property: Id(0)] ScenePolicy Policy,
    [property: Id(1)] byte[] Tokens,
    [property: Id(2)] SiloAddress? Gateway = null,
    [property: Id(3)] int ClockEpoch = 0);
