using System.Net;
using System.Net.Sockets;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Serialization;

namespace Jtfa.Silo.Cluster;

/// <summary>How this silo and the others find each other.</summary>
internal static class Membership
{
    // Messages take turns on them: a probe waits behind one piece of a model's file at most, and never behind all that are under way.
    private const int ConnectionsToEachSilo = 4;

    private static readonly TimeSpan s_responseTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Makes it a member of a cluster in PostgreSQL, or the only silo, which needs no database for that.</summary>
    public static void AddMembership(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        silo.Configure<SiloOptions>(options => options.SiloName = NameOf(cluster));

        // Orleans has no codec for what a database's driver throws: an answer with such an exception in it would fail when it is sent, and
        // its caller would hear of the codec only.
        silo.Configure<ExceptionSerializationOptions>(options => options.SupportedExceptionTypeFilter = static _ => true);

        // A text goes on where the silo dies that knew where it is: the others tell its successor which grains they have.
#pragma warning disable ORLEANSEXP003
        silo.AddDistributedGrainDirectory(JtfaNames.Texts);
#pragma warning restore ORLEANSEXP003
        if (cluster.Provider == ClusterProvider.Postgres) silo.JoinCluster(cluster);
        else silo.UseLocalhostClustering(cluster.SiloPort, cluster.ClientPort, serviceId: cluster.ServiceId, clusterId: cluster.ClusterId);
    }

    /// <summary>Where the silo listens for others.</summary>
    public static IPAddress AddressOf(SiloClusterOptions cluster)
    {
        if (cluster.Provider == ClusterProvider.Localhost) return IPAddress.Loopback;
        if (cluster.Address.Length > 0) return IPAddress.Parse(cluster.Address);
        var addresses = Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork);
        return addresses.FirstOrDefault(address => !IPAddress.IsLoopback(address)) ?? IPAddress.Loopback;
    }

    /// <summary>The name by which plans of language models know the silo.</summary>
    public static string NameOf(SiloClusterOptions cluster) =>
        cluster.SiloName.Length > 0 ? cluster.SiloName : new IPEndPoint(AddressOf(cluster), cluster.SiloPort).ToString();

    private static void JoinCluster(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        silo.UseAdoNetClustering(clustering =>
            (clustering.Invariant, clustering.ConnectionString) = (GrainStorage.Postgres, GrainStorage.Shared(cluster)));
        var table = silo.Services.Last(service => service.ServiceType == typeof(IMembershipTable));
        silo.Services.Remove(table);
        silo.Services.AddSingleton<IMembershipTable>(services => new LeavingMembershipTable(
            (IMembershipTable)ActivatorUtilities.CreateInstance(services, table.ImplementationType!),
            services.GetRequiredService<SiloPhase>()));
        silo.ConfigureEndpoints(AddressOf(cluster), cluster.SiloPort, cluster.ClientPort, listenOnAnyHostAddress: false);

        // A call that a dead silo has not answered is repeated after this; no call takes as long.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = messaging.SystemResponseTimeout = s_responseTimeout);
        silo.Configure<ConnectionOptions>(connections => connections.ConnectionsPerEndpoint = ConnectionsToEachSilo);
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromMilliseconds(cluster.ProbeTimeout);

            // Orleans takes a silo for alive if it has sent a message within MaxProbeTimeout × the missed probes. By default that is four
            // times as long, so that a silo that hangs would stay a member for 8 s.
            membership.MaxProbeTimeout = membership.ProbeTimeout;
            membership.NumMissedProbesLimit = cluster.MissedProbes;
            membership.NumVotesForDeathDeclaration = cluster.Votes;

            // Gossip tells of changes at once; the table is for what gossip missed.
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        });
        silo.Services.AddHostedService<ClusterWatch>();
    }
}
