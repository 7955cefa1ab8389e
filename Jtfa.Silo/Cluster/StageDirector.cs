using Orleans.Runtime.Placement;

namespace Jtfa.Silo.Cluster;

/// <summary>Places a stage of a language model on the silo that its key names, and nowhere else.</summary>
internal sealed class StageDirector(IClusterMembershipService membership) : IPlacementDirector
{
    /// <inheritdoc />
    /// <exception cref="OrleansException">No silo of this name is a member of the cluster.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var name = key[(key.LastIndexOf('/') + 1)..];
        var members = membership.CurrentSnapshot.Members;
        var named = context.GetCompatibleSilos(target)
            .Where(silo => members.TryGetValue(silo, out var member) && member.Name == name)
            .OrderByDescending(silo => silo.Generation)
            .ToList();
        return named.Count > 0
            ? Task.FromResult(named[0])
            : throw new OrleansException($"No silo '{name}' is a member of the cluster, which the stage {key} is to be on.");
    }
}
