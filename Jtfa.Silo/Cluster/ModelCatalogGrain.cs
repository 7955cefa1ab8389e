using Jtfa.Interfaces;
using Jtfa.Silo.Language;

namespace Jtfa.Silo.Cluster;

/// <summary>Tells clients of the cluster which language models there are, by what silos tell each other.</summary>
public sealed class ModelCatalogGrain(IModelDirectory models) : Grain, IModelCatalogGrain
{
    /// <inheritdoc />
    public Task<string[]> GetNamesAsync(CancellationToken cancellationToken) => Task.FromResult<string[]>([.. models.Names]);
}
