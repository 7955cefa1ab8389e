using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>Which scenes the fusion silos are configured with. Key: <see cref="JtfaNames.Sole"/>; it has no state.</summary>
[Alias("Jtfa.ISceneCatalogGrain")]
[ForClients]
public interface ISceneCatalogGrain : IGrainWithStringKey
{
    /// <summary>The scenes, in the order of configuration.</summary>
    [Alias("GetScenes")]
    [AlwaysInterleave]
    Task<SceneDescription[]> GetScenesAsync(CancellationToken cancellationToken = default);
}
