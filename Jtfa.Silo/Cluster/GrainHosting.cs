using System.Net;
using System.Net.Sockets;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Providers;

namespace Jtfa.Silo.Cluster;

/// <summary>Hosts the grains on Orleans: this silo as a member of a cluster, or alone.</summary>
internal static class GrainHosting
{
    /// <summary>The silo metadata that tells what a silo is for.</summary>
    public const string RoleKey = "jtfa.role";

    // Orleans' names of databases' drivers; what the second loads is Microsoft.Data.Sqlite.
    private const string Postgres = "Npgsql";
    private const string Sqlite = "System.Data.SQLite";

    // Where Orleans' streams remember who subscribed.
    private const string Subscriptions = "PubSubStore";

    private const int MostConnections = 6;

    // A subscriber hears of a decision half of it later; each look costs the silo a call a queue, whether anybody subscribes or not.
    private static readonly TimeSpan s_streamPoll = TimeSpan.FromMilliseconds(50);

    private const int StreamQueues = 2;

    // A scene that is flooded must not keep a thread from the others' lanes for long.
    private static readonly TimeSpan s_longestTurns = TimeSpan.FromMilliseconds(10);

    // Grains are few and live long; Orleans would take 16 MB for a million of them.
    private const int DirectoryCache = 20_000;

    private static readonly TimeSpan s_cacheTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_responseTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Adds the silo.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="cluster">The silo's place in a cluster.</param>
    /// <param name="dashboard">Whether it tells Orleans' dashboard of itself.</param>
    public static void AddGrains(this IHostApplicationBuilder builder, SiloClusterOptions cluster, bool dashboard)
    {
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
            if (cluster.Provider == ClusterProvider.Postgres) silo.JoinCluster(cluster);
            else silo.StandAlone(cluster);
            silo.Configure<SchedulingOptions>(scheduling => scheduling.ActivationSchedulingQuantum = s_longestTurns);
            silo.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = DirectoryCache);
            silo.AddRole(cluster);
            silo.AddTls(cluster.Tls);
            if (cluster.Fuses) silo.AddDecisionStreams(cluster);
            if (dashboard) silo.AddDashboard();
        });
        if (cluster.Provider != ClusterProvider.Postgres) return;
        builder.Services.AddHostedService<OwnedCameras>();
        builder.Services.AddHostedService<ClusterWatch>();
    }

    private static void StandAlone(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        silo.UseLocalhostClustering(cluster.SiloPort, cluster.ClientPort, serviceId: cluster.ServiceId, clusterId: cluster.ClusterId);
        var log = silo.Configuration.GetSection(DecisionLogOptions.Section).Get<DecisionLogOptions>() ?? new DecisionLogOptions();
        var invariant = log.Provider == PostgresDialect.Name ? Postgres : Sqlite;
        silo.AddAdoNetGrainStorage(JtfaNames.Storage, storage => (storage.Invariant, storage.ConnectionString) = (invariant, log.DatabaseConnectionString));
        silo.AddMemoryGrainStorage(Subscriptions);
    }

    private static void JoinCluster(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        var database = Shared(cluster.ConnectionString!);
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Postgres, database));
        foreach (var storage in new[] { JtfaNames.Storage, Subscriptions })
            silo.AddAdoNetGrainStorage(storage, options => (options.Invariant, options.ConnectionString) = (Postgres, database));
        silo.ConfigureEndpoints(AddressOf(cluster), cluster.SiloPort, cluster.ClientPort, listenOnAnyHostAddress: false);

        // What a silo that died owed an answer is asked again after this; nothing here takes as long.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = messaging.SystemResponseTimeout = s_responseTimeout);
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromMilliseconds(cluster.ProbeTimeout);
            membership.NumMissedProbesLimit = cluster.MissedProbes;
            membership.NumVotesForDeathDeclaration = cluster.Votes;

            // Gossip tells of changes at once; the table is for what gossip missed.
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        });
    }

    private static void AddRole(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        var views = new CameraViews(cluster, silo.Configuration);
        silo.Services.AddSingleton(views);
        silo.Services.AddSingleton<CameraOwners>();
        silo.AddPlacementDirector<CameraOwnerPlacement, CameraOwnerDirector>();
        silo.UseSiloMetadata(new Dictionary<string, string>
        {
            [RoleKey] = cluster.Role.ToString(),
            [CameraOwners.MetadataKey] = views.Declared,
            [ClusterGateways.MetadataKey] = cluster.Fuses ? string.Join(',', GatewaysOf(silo.Configuration, cluster)) : "",
        });

        // A camera silo hosts its cameras and nothing else: neither windows and scenes nor what Orleans itself keeps in grains, but for
        // the grain without state by which the dashboard asks the silo how it is.
        if (!cluster.Fuses) silo.Configure<GrainTypeOptions>(types => types.Classes.RemoveWhere(type => type != typeof(CameraViewGrain) && !type.IsAssignableTo(typeof(IManagementGrain))));
        if (cluster.Provider == ClusterProvider.Postgres) silo.Services.AddSingleton<IGatewayDirectory, ClusterGateways>();
    }

    private static void AddDecisionStreams(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        silo.Services.AddKeyedSingleton<IQueueReaderBackoffProvider, StreamBackoff>(JtfaNames.Streams);
        silo.Services.AddKeyedSingleton<IMessageDeliveryBackoffProvider, StreamBackoff>(JtfaNames.Streams);
        silo.AddMemoryStreams(JtfaNames.Streams, streams =>
        {
            if (cluster.Provider == ClusterProvider.Postgres) streams.ConfigurePartitionBalancing(FusionQueueBalancer.Create);
            streams.ConfigurePartitioning(StreamQueues);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = s_streamPoll));

            // By default what was delivered stays for half an hour, which at thousands of decisions a second is gigabytes.
            streams.ConfigureCacheEviction(cache => cache.Configure(options => (options.DataMinTimeInCache, options.DataMaxAgeInCache) = (s_cacheTime, 2 * s_cacheTime)));
        });
    }

    // All of Orleans' providers share one pool of connections; a server takes 100 in all by default, and a cluster has many silos.
    private static string Shared(string connectionString)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        var shared = new NpgsqlConnectionStringBuilder(connectionString) { IncludeErrorDetail = false };
        var set = given.Keys.Cast<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!set.Contains("Maximum Pool Size")) shared.MaxPoolSize = MostConnections;
        if (!set.Contains("Application Name")) shared.ApplicationName = "jtfa silo";
        return shared.ConnectionString;
    }

    // Where the cameras of a cluster reach this silo's gateway.
    private static IEnumerable<string> GatewaysOf(IConfiguration configuration, SiloClusterOptions cluster)
    {
        var ingress = configuration.GetSection(IngressOptions.Section).Get<IngressOptions>() ?? new IngressOptions();
        if (ingress.Faults().Any()) return []; // named when the options are validated
        var address = IPAddress.Parse(ingress.Address);
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) address = AddressOf(cluster);

        // Its own loopback is nobody else's.
        if (IPAddress.IsLoopback(address) && !IPAddress.IsLoopback(AddressOf(cluster))) return [];
        IEnumerable<IngressSocketOptions> sockets = ingress.Sockets.Count > 0 ? ingress.Sockets : [new IngressSocketOptions()];
        return sockets.Where(socket => socket.Port > 0).Select(socket => new IPEndPoint(address, socket.Port).ToString());
    }

    private static IPAddress AddressOf(SiloClusterOptions cluster)
    {
        if (cluster.Address.Length > 0) return IPAddress.Parse(cluster.Address);
        var addresses = Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork);
        return addresses.FirstOrDefault(address => !IPAddress.IsLoopback(address)) ?? IPAddress.Loopback;
    }
}
