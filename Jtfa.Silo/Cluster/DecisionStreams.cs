using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Providers;

namespace Jtfa.Silo.Cluster;

/// <summary>The streams by which subscribers outside the silos hear of decisions.</summary>
internal static class DecisionStreams
{
    // A subscriber hears of a decision half of it later; each look costs the silo a call a queue, whether anybody subscribes or not, and
    // is most of what a silo at rest does.
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    // Fusion silos of a cluster share them.
    private const int QueuesOfCluster = 2;

    private static readonly TimeSpan s_cacheTime = TimeSpan.FromSeconds(5);

    /// <summary>Adds the stream of each scene's decisions.</summary>
    public static void AddDecisionStreams(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        silo.Services.AddKeyedSingleton<IQueueReaderBackoffProvider, StreamBackoff>(JtfaNames.Streams);
        silo.Services.AddKeyedSingleton<IMessageDeliveryBackoffProvider, StreamBackoff>(JtfaNames.Streams);
        silo.AddMemoryStreams(JtfaNames.Streams, streams =>
        {
            if (cluster.Provider == ClusterProvider.Postgres) streams.ConfigurePartitionBalancing(FusionQueueBalancer.Create);
            streams.ConfigurePartitioning(cluster.Provider == ClusterProvider.Postgres ? QueuesOfCluster : 1);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = s_poll));

            // By default what was delivered stays for half an hour, which at thousands of decisions a second is gigabytes.
            streams.ConfigureCacheEviction(cache => cache.Configure(options =>
                (options.DataMinTimeInCache, options.DataMaxAgeInCache) = (s_cacheTime, 2 * s_cacheTime)));
        });
    }
}
