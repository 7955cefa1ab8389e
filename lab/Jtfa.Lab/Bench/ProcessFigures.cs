using Jtfa.Silo.Ingress;

namespace Jtfa.Lab.Bench;

/// <summary>What the silo's process and its gateway have counted at one moment; two of them make a measurement.</summary>
internal sealed record ProcessFigures(
    long Received, long KernelDrops, long Undelivered, IReadOnlyDictionary<string, long> Rejected,
    long Allocated, TimeSpan Cpu, TimeSpan GcPause, int FullCollections)
{
    public static ProcessFigures Now(IngressCounters counters) => new(
        counters.Received, counters.KernelDrops, counters.Undelivered, counters.ByReason(),
        GC.GetTotalAllocatedBytes(precise: true), Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration(), GC.CollectionCount(2));

    /// <summary>Datagrams rejected since, by reason.</summary>
    public IReadOnlyDictionary<string, long> RejectedSince(ProcessFigures before) => Rejected
        .Select(reason => (reason.Key, Count: reason.Value - before.Rejected.GetValueOrDefault(reason.Key)))
        .Where(reason => reason.Count > 0)
        .ToDictionary(reason => reason.Key, reason => reason.Count);
}
