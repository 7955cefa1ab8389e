using Orleans.Configuration;

namespace Jtfa.Silo.Cluster;

/// <summary>How Orleans runs grains that are few, live long and share a small machine.</summary>
internal static class GrainScheduling
{
    // A scene that is flooded must not keep a thread from the others' lanes for long.
    private static readonly TimeSpan s_longestTurns = TimeSpan.FromMilliseconds(10);

    // Whatever keeps a small machine busy makes turns take long; what is worth an operator's while is a grain that hangs.
    private static readonly TimeSpan s_hangingTurn = TimeSpan.FromSeconds(2);

    // Orleans would take 16 MB for a million grains.
    private const int DirectoryCache = 20_000;

    /// <summary>Sets what differs from Orleans' defaults.</summary>
    public static void AddScheduling(this ISiloBuilder silo)
    {
        silo.Configure<SchedulingOptions>(scheduling =>
        {
            scheduling.ActivationSchedulingQuantum = s_longestTurns;
            scheduling.TurnWarningLengthThreshold = s_hangingTurn;
        });
        silo.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = DirectoryCache);
    }
}
