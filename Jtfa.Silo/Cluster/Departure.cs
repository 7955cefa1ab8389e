using Jtfa.Grains;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Moves this silo's scenes and lanes, each with its open windows, to the other fusion silos before it stops. Orleans' own shutdown
/// deactivates without migrating: what is open would be lost.
/// </summary>
public sealed partial class Departure(
    LocalActivations activations, IClusterMembershipService membership, ISiloMetadataCache metadata, ILocalSiloDetails local,
    TimeProvider clock,
    ILogger<Departure> logger)
{
    // Orleans gives an activation longer, but a service manager does not wait for ever.
    private static readonly TimeSpan s_longestMove = TimeSpan.FromSeconds(5);

    /// <summary>Moves them.</summary>
    /// <returns>Whether there are other fusion silos and all have moved in time.</returns>
    public async Task<bool> TryMoveAsync(CancellationToken cancellationToken)
    {
        var others = OtherFusionSilos();
        if (others.Count == 0) return false;
        var leaving = activations.All;
        foreach (var (i, activation) in leaving.Index())
            activation.Migrate(new() { [IPlacementDirector.PlacementHintKey] = others[i % others.Count] }, cancellationToken);
        try
        {
            await Task.WhenAll(leaving.Select(activation => activation.Deactivated)).WaitAsync(s_longestMove, clock, cancellationToken);
            LogMoved(leaving.Count, others.Count);
            return true;
        }
        catch (TimeoutException)
        {
            LogNotMoved(leaving.Count(activation => !activation.Deactivated.IsCompleted), s_longestMove.TotalSeconds);
            return false;
        }
    }

    private List<SiloAddress> OtherFusionSilos() =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(local.SiloAddress))
            .Select(member => member.SiloAddress)
            .Where(silo => Placement.Fuses(metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(Placement.RoleKey, "")))
            .Order(),
    ];

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} scenes and lanes have moved to {Silos} other silos")]
    private partial void LogMoved(int count, int silos);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Count} scenes and lanes have not moved within {Seconds} s: what is open there is decided without them or lost")]
    private partial void LogNotMoved(int count, double seconds);
}
