using Orleans.Runtime.Placement;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Places a grain of a language model on a silo that has the model: the one that is asked, if it has it. Where none has it, the grain is on
/// the silo that is asked, and says so.
/// </summary>
internal sealed class ModelOwnerDirector(ModelOwners models, ILocalSiloDetails local) : IPlacementDirector
{
    /// <inheritdoc />
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var silos = context.GetCompatibleSilos(target);
        var owners = models.Find(key.Split('/')[0], silos);
        var candidates = owners.Count > 0 ? owners : silos;
        return Task.FromResult(candidates.Contains(local.SiloAddress) ? local.SiloAddress : candidates[0]);
    }
}
