using System.Data.Common;
using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Looks for mistakes that no silo can see from its own configuration: clocks that differ, a cluster name that no other silo has, a camera
/// view that two silos declare, a gateway that no camera can reach. Each is logged once, and again when it has changed.
/// </summary>
internal sealed partial class ClusterWatch(
    SiloClusterOptions cluster, ClusterDatabase database, CameraViews views, CameraOwners owners, IClusterMembershipService membership,
    ISiloMetadataCache metadata, ILocalSiloDetails local, TimeProvider clock, ILogger<ClusterWatch> logger) : BackgroundService
{
    /// <summary>A clock that is off by this much is reported: gateways refuse tokens whose time is off.</summary>
    public static readonly TimeSpan WorstLead = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, string> _said = [];

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        try
        {
            do
            {
                LookForSharedViews();
                LookAtGateway();
                await Task.Run(LookIntoDatabase, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private void LookForSharedViews()
    {
        var others = membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(local.SiloAddress)).ToList();
        foreach (var view in views.Names)
        {
            var also = owners.Find(view, others.Select(member => member.SiloAddress)).Select(silo => silo.Endpoint.ToString()).Order()
                .ToList();
            if (IsNews($"view {view}", string.Join(", ", also)) && also.Count > 0)
                LogSharedView(view, local.SiloAddress.Endpoint.ToString(), string.Join(", ", also));
        }
    }

    private void LookAtGateway()
    {
        var hidden = cluster.Fuses
            && metadata.GetSiloMetadata(local.SiloAddress).Metadata.GetValueOrDefault(ClusterGateways.MetadataKey) == "";
        if (IsNews("gateway", hidden ? "hidden" : "") && hidden) LogHiddenGateway();
    }

    private void LookIntoDatabase()
    {
        try
        {
            var lead = database.ReadClockLead();
            var off = lead.Duration() >= WorstLead;
            if (IsNews("clock", off ? $"{lead.TotalSeconds:F0}" : "") && off)
                LogClock(lead.Duration().TotalSeconds, lead > TimeSpan.Zero ? "ahead of" : "behind", database.Place);

            var alone = membership.CurrentSnapshot.Members.Values.Count(member => member.Status == SiloStatus.Active) <= 1;
            var others = alone ? string.Join(", ", database.ReadOtherClusters()) : "";
            if (IsNews("cluster", others) && others.Length > 0) LogOtherClusters(cluster.ClusterId, database.Place, others);
        }
        catch (Exception failure) when (failure is DbException or DecisionLogException)
        {
            LogAway(database.Place, failure.Message);
        }
    }

    private bool IsNews(string subject, string finding)
    {
        var before = _said.GetValueOrDefault(subject, "");
        _said[subject] = finding;
        return finding != before;
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
            "Camera view {View} is declared by this silo ({Silo}) and by {Others} too: it runs on the one that started last; declare " +
            "each view once (Jtfa:Cameras)")]
    private partial void LogSharedView(string view, string silo, string others);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
            "No camera of the cluster is told of this silo's gateway: it listens on loopback only, or on a port that is not known " +
            "beforehand; give it an address and a port (--bind 0.0.0.0 --port 5005)")]
    private partial void LogHiddenGateway();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
            "This machine's clock is {Seconds:F1} s {Direction} that of the database {Place}: gateways refuse tokens whose time is off; " +
            "set the clocks (NTP)")]
    private partial void LogClock(double seconds, string direction, string place);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Cluster '{ClusterId}' has no other silo, but the database {Place} has {Others}: is --cluster-id right?")]
    private partial void LogOtherClusters(string clusterId, string place, string others);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The database {Place} was not asked about clocks and clusters: {Reason}")]
    private partial void LogAway(string place, string reason);
}
