using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo;

/// <summary>
/// Returns memory to the system once a silo is quiet again, after its start as after a flood: the collector runs when something is
/// allocated, so what a silo at rest has left behind would stay for long.
/// </summary>
internal sealed class MemoryReturn(TimeProvider clock) : BackgroundService
{
    private const long QuietBytesPerSecond = 2_000_000;

    // What may have come on top since the last time before it is worth a pause of some ten milliseconds.
    private const long Slack = 48_000_000;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(4);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (allocated, left) = (GC.GetTotalAllocatedBytes(), 0L);
        while (true)
        {
            await Task.Delay(s_period, clock, stoppingToken);
            var before = allocated;
            allocated = GC.GetTotalAllocatedBytes();
            if (allocated - before > QuietBytesPerSecond * s_period.TotalSeconds || Environment.WorkingSet < left + Slack) continue;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            left = Environment.WorkingSet;
        }
    }
}
