using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>
/// The windows of one lane of a scene: those whose decision id modulo the scene's lanes is the lane's number. Key: <c>scene/lane</c>.
/// Each window fires once, lingers to count late tokens, and goes; the lane lives as long as its scene.
/// </summary>
[Alias("Jtfa.IFusionWindowGrain")]
public interface IFusionWindowGrain : IGrainWithStringKey
{
    /// <summary>Takes what a gateway has for the lane; a window's first token opens it.</summary>
    /// <exception cref="ArgumentException">The scene is not known, the batch is malformed, or its dimension is not the scene's.</exception>
    [Alias("Add")]
    Task AddAsync(TokenBatch batch);

    /// <summary>How decisions of this lane came about: of those among them that it still remembers, in their order.</summary>
    /// <param name="decisions">The decisions.</param>
    /// <param name="withVectors">Whether with the tokens themselves.</param>
    [Alias("GetDetails")]
    [AlwaysInterleave]
    Task<DecisionDetail[]> GetDetailsAsync(DecisionKey[] decisions, bool withVectors);
}
