using Jtfa.Interfaces;
using Microsoft.Extensions.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>Tells clients of the cluster which language models there are, by what silos tell each other.</summary>
public sealed class ModelCatalogGrain(
    IClusterMembershipService membership, ISiloMetadataCache metadata, ILocalSiloDetails local, IConfiguration configuration)
    : Grain, IModelCatalogGrain
{
    /// <inheritdoc />
    public Task<string[]> GetNamesAsync(CancellationToken cancellationToken)
    {
        var silos = membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.SiloAddress).Order();
        var names = silos.Select(silo => ModelOwnerDirector.ModelsOf(silo, local, metadata, configuration))
            .SelectMany(models => models.Split(',', StringSplitOptions.RemoveEmptyEntries)).Distinct();
        return Task.FromResult(names.ToArray());
    }
}
