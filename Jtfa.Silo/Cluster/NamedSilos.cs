using Jtfa.Interfaces;
using Jtfa.Silo.Language;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Jtfa.Silo.Cluster;

/// <summary>The cluster's silos by their names; of two with one name, the one that started last.</summary>
internal sealed class NamedSilos(IClusterMembershipService membership, ISiloMetadataCache metadata, ILocalSiloDetails local)
    : ILanguageSilos
{
    /// <inheritdoc />
    public string Own => local.Name;

    /// <inheritdoc />
    public IReadOnlyList<string> Names =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active && IsOfLanguage(member.SiloAddress))
            .Select(member => member.Name).Append(Own).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Those of some silos that have a name, the one that started last first.</summary>
    public IEnumerable<SiloAddress> Find(string name, IEnumerable<SiloAddress> silos) =>
        silos.Where(silo => NameOf(silo) == name).OrderByDescending(silo => silo.Generation).ThenBy(silo => silo);

    /// <summary>A silo's name; null where it has left.</summary>
    public string? NameOf(SiloAddress silo) => silo.Equals(local.SiloAddress)
        ? local.Name
        : membership.CurrentSnapshot.Members.TryGetValue(silo, out var member) ? member.Name : null;

    private bool IsOfLanguage(SiloAddress silo) =>
        metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(Placement.RoleKey, "") is not ("" or nameof(SiloRole.Camera));
}

/// <summary>Places a grain on the silo that its key names, and nowhere else.</summary>
internal sealed class NamedSiloDirector(NamedSilos names) : IPlacementDirector
{
    /// <inheritdoc />
    /// <exception cref="UnknownSiloException">No silo that could have the grain has the name.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var name = key[(key.LastIndexOf('/') + 1)..];
        var silos = context.GetCompatibleSilos(target);
        return Task.FromResult(
            names.Find(name, silos).FirstOrDefault()
            ?? throw new UnknownSiloException(name, [.. silos.Select(names.NameOf).OfType<string>().Order(StringComparer.Ordinal)]));
    }
}
