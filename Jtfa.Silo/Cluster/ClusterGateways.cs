using System.Text;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// The gateways of the cluster's live fusion silos. A camera whose configuration names gateways gets those, without the ones whose silo has
/// left. Any other camera gets all; cameras of one scene get them in one order, so that the scene's tokens meet on one silo.
/// </summary>
internal sealed class ClusterGateways(IClusterMembershipService membership, ISiloMetadataCache metadata) : IGatewayDirectory
{
    /// <summary>The silo metadata that lists where a silo takes tokens, separated by commas.</summary>
    public const string MetadataKey = "jtfa.gateways";

    private readonly Lock _gate = new();
    private ClusterMembershipSnapshot? _seen;
    private HashSet<string> _known = [];
    private HashSet<string> _live = [];
    private bool _complete;
    private long _version;

    /// <inheritdoc />
    public long Version
    {
        get
        {
            var snapshot = membership.CurrentSnapshot;
            if (_complete && ReferenceEquals(snapshot, _seen)) return Volatile.Read(ref _version);
            lock (_gate) Look(snapshot);
            return Volatile.Read(ref _version);
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<string> GatewaysFor(CameraConfig camera)
    {
        var (known, live) = (_known, _live);
        if (camera.Gateways is { Count: > 0 } configured)
        {
            // A gateway that no member ever announced is kept: it may be outside the cluster, or announced under another name.
            var left = configured.Where(gateway => live.Contains(gateway) || !known.Contains(gateway)).ToList();
            return left.Count > 0 ? left : configured;
        }

        return [.. live.OrderBy(gateway => Rank(camera.Scene, gateway)).ThenBy(gateway => gateway, StringComparer.Ordinal)];
    }

    private void Look(ClusterMembershipSnapshot snapshot)
    {
        var live = new HashSet<string>();
        var complete = true;
        foreach (var member in snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active))
        {
            // A silo's metadata arrives a little later than its membership.
            if (!metadata.GetSiloMetadata(member.SiloAddress).Metadata.TryGetValue(MetadataKey, out var gateways)) complete = false;
            else live.UnionWith(gateways.Split(',', StringSplitOptions.RemoveEmptyEntries));
        }

        (_seen, _complete) = (snapshot, complete);
        if (live.SetEquals(_live)) return;
        (_known, _live) = ([.. _known, .. live], live);
        Interlocked.Increment(ref _version);
    }

    // Rendezvous hashing (FNV-1a): when a gateway goes, only the scenes that it served move.
    private static uint Rank(string scene, string gateway)
    {
        var hash = 2166136261;
        foreach (var octet in Encoding.UTF8.GetBytes($"{scene}\n{gateway}")) hash = (hash ^ octet) * 16777619;
        return hash;
    }
}
