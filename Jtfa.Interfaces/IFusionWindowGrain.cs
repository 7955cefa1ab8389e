namespace Jtfa.Interfaces;

/// <summary>One decision's window. Key: <c>scene/decision</c>. Fires once, lingers to count late tokens, and goes.</summary>
[Alias("Jtfa.IFusionWindowGrain")]
public interface IFusionWindowGrain : IGrainWithStringKey
{
    /// <summary>Adds tokens; the first batch opens the window.</summary>
    /// <exception cref="ArgumentException">The scene is not known, the batch is malformed, or its dimension is not the scene's.</exception>
    [Alias("Add")]
    Task AddAsync(TokenBatch batch);
}
