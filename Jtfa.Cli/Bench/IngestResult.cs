using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;

namespace Jtfa.Cli.Bench;

/// <summary>What was measured while the sender ran.</summary>
internal sealed record IngestMeasured(
    SentLoad Sent, IngressCounters Counters, SceneStatistics Statistics, int OpenWindows, long RssAtMost, long Allocated, double CpuSeconds, int FullCollections);

/// <summary>The figures of one ingest bench. Latencies in milliseconds.</summary>
internal sealed record IngestResult(
    string Mode, double? Rate, double Seconds,
    long Sent, long Received, long SentDecisions, long Decided, long Correct, long WellFormed,
    long KernelDrops, IReadOnlyDictionary<string, long> Rejected, long Undelivered, long Late, long Repeated,
    double TokensPerSecond, double DecisionsPerSecond,
    double FireP50Ms, double FireP99Ms, double FireMaxMs, long ByK,
    double TimeoutP50Ms, double TimeoutP99Ms, double TimeoutMaxMs, long ByT,
    int OpenWindows, double AllocatedBytesPerToken, double PeakRssMb, double CpuSecondsPerMillionTokens, double SenderCpuSecondsPerMillionTokens,
    int FullCollections)
{
    public static IngestResult Of(IngestSettings settings, IngestMeasured measured, LoggedDecisions log)
    {
        var (sent, counters, scene) = (measured.Sent, measured.Counters, measured.Statistics);
        var (fire, timeout) = (scene.FireLatency, scene.TimeoutLateness);
        var millions = counters.Received / 1e6;
        return new IngestResult(
            settings.Mode.ToString(), settings.Rate, sent.Seconds,
            sent.Tokens, counters.Received, sent.Decisions, log.Rows, log.Correct, log.WellFormed,
            counters.KernelDrops, counters.ByReason(), counters.Undelivered, scene.Late, scene.Repeated,
            counters.Received / sent.Seconds, log.Rows / sent.Seconds,
            fire.P50 * 1000, fire.P99 * 1000, fire.Max * 1000, scene.ByK,
            timeout.P50 * 1000, timeout.P99 * 1000, timeout.Max * 1000, scene.ByT,
            measured.OpenWindows, measured.Allocated / (double)counters.Received, measured.RssAtMost / 1e6,
            measured.CpuSeconds / millions, sent.CpuSeconds / millions, measured.FullCollections);
    }
}
