using Orleans.Configuration;

namespace Jtfa.Silo.Cluster;

/// <summary>How Orleans runs grains that are few, live long and share a small machine.</summary>
internal static class GrainScheduling
{
    // A flooded scene must not hold for long a thread that other scenes' lanes need.
    private static readonly TimeSpan s_longestTurns = TimeSpan.FromMilliseconds(10);

    // On a busy small machine turns take long without a fault; Orleans is to warn only of a grain that hangs.
    private static readonly TimeSpan s_hangingTurn = TimeSpan.FromSeconds(2);

    // Orleans' default is a million grains, which takes 16 MB.
    private const int DirectoryCache = 20_000;

    /// <summary>Sets what differs from Orleans' defaults.</summary>
    public static void AddScheduling(this ISiloBuilder silo)
    {
        silo.Configure<SchedulingOptions>(scheduling =>
        {
            scheduling.ActivationSchedulingQuantum = s_longestTurns;
            scheduling.TurnWarningLengthThreshold = s_hangingTurn;
        });
        silo.Configure<GrainDirectoryOptions>(directory =>
        {
            directory.CacheSize = DirectoryCache;

            // By default no new text could be registered for half a minute where a dead silo was responsible: it might live, and have
            // registered the same. But each text's name is new.
            directory.RangeLeaseDuration = TimeSpan.Zero;
        });
    }
}
