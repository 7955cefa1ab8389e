using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>Which silos own a camera view, by what each declares of itself.</summary>
internal sealed class CameraOwners(ISiloMetadataCache metadata, ILocalSiloDetails local, CameraViews views)
{
    /// <summary>The silo metadata that lists a silo's views, separated by commas.</summary>
    public const string MetadataKey = "jtfa.views";

    /// <summary>Of the given silos those that declare a view, the one that started last first.</summary>
    public IEnumerable<SiloAddress> Find(string view, IEnumerable<SiloAddress> silos) =>
        silos.Where(silo => Declared(silo) is var declared && (declared.Contains(view) || declared.Contains(CameraViews.Every)))
            .OrderByDescending(silo => silo.Generation).ThenBy(silo => silo);

    /// <summary>The views that a silo declares; none while it has not been heard.</summary>
    public IReadOnlyList<string> Declared(SiloAddress silo)
    {
        // This silo's own are known before its metadata has gone round.
        var declared = silo.Equals(local.SiloAddress)
            ? views.Declared
            : metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(MetadataKey, "");
        return declared.Split(',', StringSplitOptions.RemoveEmptyEntries);
    }
}
