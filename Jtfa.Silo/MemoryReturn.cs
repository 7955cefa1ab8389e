using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo;

/// <summary>
/// Keeps a silo's memory as small as what it holds. The collector runs when something is allocated, so what a silo at rest has left
/// behind would stay for long: it is returned to the system. And while memory is free the collector lets its old generations grow: a
/// busy silo has them collected beside it once a minute.
/// </summary>
internal sealed class MemoryReturn(TimeProvider clock) : BackgroundService
{
    private const long QuietBytesPerSecond = 2_000_000;

    // What may have come on top since the last time before it is worth a pause of some ten milliseconds.
    private const long Slack = 48_000_000;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_oldPeriod = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (allocated, left, old, oldAt) = (GC.GetTotalAllocatedBytes(), 0L, GC.CollectionCount(GC.MaxGeneration), clock.GetTimestamp());
        while (true)
        {
            await Task.Delay(s_period, clock, stoppingToken);
            var before = allocated;
            allocated = GC.GetTotalAllocatedBytes();
            if (GC.CollectionCount(GC.MaxGeneration) is var collections && collections != old)
                (old, oldAt) = (collections, clock.GetTimestamp());
            if (clock.GetElapsedTime(oldAt) >= s_oldPeriod) GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
            if (allocated - before > QuietBytesPerSecond * s_period.TotalSeconds || Environment.WorkingSet < left + Slack) continue;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            left = Environment.WorkingSet;
        }
    }
}
