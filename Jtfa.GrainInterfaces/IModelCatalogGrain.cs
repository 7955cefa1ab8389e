using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>Which language models the silos are configured with. Key: <see cref="JtfaNames.Sole"/>; it has no state.</summary>
[Alias("Jtfa.IModelCatalogGrain")]
[ForClients]
public interface IModelCatalogGrain : IGrainWithStringKey
{
    /// <summary>The models' names, each silo's in the order of its configuration; one that several silos have is named once.</summary>
    [Alias("GetNames")]
    [AlwaysInterleave]
    Task<string[]> GetNamesAsync(CancellationToken cancellationToken = default);
}
