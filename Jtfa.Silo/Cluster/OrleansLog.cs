using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cluster;

/// <summary>What of Orleans' log is worth an operator's while.</summary>
public static class OrleansLog
{
    /// <summary>Leaves out what Orleans tells of every start, what it tells of itself, and what somebody else tells better.</summary>
    public static ILoggingBuilder AddOrleansFilters(this ILoggingBuilder logging)
    {
        logging.AddFilter("Orleans", LogLevel.Warning);

        // With every start: that a check of its parts "has not completed" since the machine was switched on, since it looks before it has
        // set the clock that it looks at.
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);

        // With every start: that the collector is not the server's, which is meant. And what keeps a silo from starting, which Program tells.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Critical); // and whatever begins so: SiloLifecycleSubject

        // A call that fails is told by its caller, who knows what it means; items that come for a follower who has just gone by nobody.
        logging.AddFilter("Orleans.Messaging", LogLevel.Critical);
        return logging.AddFilter("Orleans.Streams.StreamConsumerExtension", LogLevel.Error);
    }
}
