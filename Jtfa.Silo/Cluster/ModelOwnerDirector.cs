using Microsoft.Extensions.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Places a grain of a language model on a silo that has the model: the one that is asked, if it has it. Where none has it, the grain is on
/// the silo that is asked, and says so.
/// </summary>
internal sealed class ModelOwnerDirector(ISiloMetadataCache metadata, ILocalSiloDetails local, IConfiguration configuration)
    : IPlacementDirector
{
    /// <summary>The silo metadata that lists a silo's language models, separated by commas.</summary>
    public const string MetadataKey = "jtfa.models";

    /// <summary>What the other silos are told.</summary>
    public static string Declared(IConfiguration configuration) =>
        string.Join(',', configuration.GetSection("Jtfa:Language:Models").GetChildren().Select(model => model["Name"]));

    /// <inheritdoc />
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var model = key.Split('/')[0];
        var silos = context.GetCompatibleSilos(target);
        var owners = silos.Where(silo => ModelsOf(silo, local, metadata, configuration).Split(',').Contains(model)).ToList();
        var candidates = owners.Count > 0 ? owners : [.. silos];
        return Task.FromResult(
            candidates.Contains(local.SiloAddress) ? local.SiloAddress
            : candidates.OrderByDescending(silo => silo.Generation).ThenBy(silo => silo).First());
    }

    /// <summary>A silo's models, separated by commas.</summary>
    public static string ModelsOf(
        SiloAddress silo, ILocalSiloDetails local, ISiloMetadataCache metadata, IConfiguration configuration) =>
        silo.Equals(local.SiloAddress)
            ? Declared(configuration) // known before the cluster has its metadata
            : metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(MetadataKey, "");
}
