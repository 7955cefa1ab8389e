using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>Which silos own a camera view, by the views that each declares.</summary>
internal sealed class CameraOwners(ISiloMetadataCache metadata, ILocalSiloDetails local, CameraViews views)
{
    /// <summary>The silo metadata that lists a silo's views, separated by commas.</summary>
    public const string MetadataKey = "jtfa.views";

    /// <summary>Those of the given silos that declare a view, the one that started last first.</summary>
    public IEnumerable<SiloAddress> Find(string view, IEnumerable<SiloAddress> silos) =>
        silos.Where(silo => Declared(silo) is var declared && (declared.Contains(view) || declared.Contains(CameraViews.Every)))
            .OrderByDescending(silo => silo.Generation).ThenBy(silo => silo);

    /// <summary>The views that a silo declares; none until its metadata has arrived.</summary>
    public IReadOnlyList<string> Declared(SiloAddress silo)
    {
        // This silo's own views are known before the cluster has its metadata.
        var declared = silo.Equals(local.SiloAddress)
            ? views.Declared
            : metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(MetadataKey, "");
        return declared.Split(',', StringSplitOptions.RemoveEmptyEntries);
    }
}
