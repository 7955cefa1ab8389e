using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime.Providers;

namespace Jtfa.Silo.Cluster;

/// <summary>The streams by which subscribers outside the silos hear of decisions.</summary>
internal static class DecisionStreams
{
    // A subscriber hears of a decision half of it later; each look costs the silo a call a queue.
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);

    // The agents of a cluster's silos always look, also where nobody subscribes.
    private static readonly TimeSpan s_pollOfCluster = TimeSpan.FromMilliseconds(100);

    // Fusion silos of a cluster share them.
    private const int QueuesOfCluster = 2;

    private static readonly TimeSpan s_cacheTime = TimeSpan.FromSeconds(5);

    /// <summary>Adds the stream of each scene's decisions.</summary>
    public static void AddDecisionStreams(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        var isAlone = cluster.Provider != ClusterProvider.Postgres;
        silo.Services.AddSingleton(_ => new StreamAgents(alwaysRead: !isAlone));
        silo.Services.AddKeyedSingleton<IQueueReaderBackoffProvider, StreamBackoff>(JtfaNames.Streams);
        silo.Services.AddKeyedSingleton<IMessageDeliveryBackoffProvider, StreamBackoff>(JtfaNames.Streams);
        silo.AddMemoryStreams(JtfaNames.Streams, streams =>
        {
            if (isAlone)
            {
                streams.ConfigureLifecycle(lifecycle => lifecycle.Configure(
                    options => options.StartupState = StreamLifecycleOptions.RunState.AgentsStopped));
            }
            else
            {
                streams.ConfigurePartitionBalancing(FusionQueueBalancer.Create);
            }

            streams.ConfigurePartitioning(isAlone ? 1 : QueuesOfCluster);
            streams.ConfigurePullingAgent(agent => agent.Configure(
                options => options.GetQueueMsgsTimerPeriod = isAlone ? s_poll : s_pollOfCluster));

            // By default what was delivered stays for half an hour, which at thousands of decisions a second is gigabytes.
            streams.ConfigureCacheEviction(cache => cache.Configure(options =>
                (options.DataMinTimeInCache, options.DataMaxAgeInCache) = (s_cacheTime, 2 * s_cacheTime)));
        });
    }
}
