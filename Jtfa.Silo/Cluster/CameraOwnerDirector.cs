using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace Jtfa.Silo.Cluster;

/// <summary>Places a camera view on the silo that declares it, and nowhere else.</summary>
internal sealed partial class CameraOwnerDirector(CameraOwners owners, ILogger<CameraOwnerDirector> logger) : IPlacementDirector
{
    /// <inheritdoc />
    /// <exception cref="CameraUnavailableException">No silo of the cluster declares the view.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var view = target.GrainIdentity.Key.ToString()!;
        var silos = context.GetCompatibleSilos(target);
        var own = owners.Find(view, silos).ToList();
        if (own.Count == 0) throw new CameraUnavailableException(view, [.. silos.Select(silo => Describe(silo))]);

        // Two owners: the configuration is wrong, or a silo was started again before the cluster noticed that it had died.
        if (own.Count > 1) LogSeveral(view, string.Join(", ", own), own[0]);
        return Task.FromResult(own[0]);
    }

    private string Describe(SiloAddress silo) =>
        owners.Declared(silo) is { Count: > 0 } views ? $"{silo.Endpoint} with {string.Join(", ", views)}" : $"{silo.Endpoint} with none";

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
            "Camera view {View} is declared by several silos ({Silos}): it runs on {Silo}, which started last; declare each view once " +
            "(Jtfa:Cameras)")]
    private partial void LogSeveral(string view, string silos, SiloAddress silo);
}
