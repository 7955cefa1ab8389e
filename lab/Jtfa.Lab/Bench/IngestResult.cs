using Jtfa.Interfaces;

namespace Jtfa.Lab.Bench;

/// <summary>What was measured while the sender ran.</summary>
internal sealed record IngestMeasured(
    SentLoad Sent, ProcessFigures Before, ProcessFigures After, SceneStatistics Statistics, int OpenWindows, RssWatch Rss,
    ReadLoad? Read = null,
    StreamLoad? Stream = null);

/// <summary>The figures of one ingest bench. Latencies in milliseconds.</summary>
internal sealed record IngestResult(
    string Mode, double? Rate, double Seconds,
    long Sent, long Received, long SentDecisions, long Decided, long Correct, long WellFormed,
    long KernelDrops, IReadOnlyDictionary<string, long> Rejected, long Undelivered, long Late, long Repeated,
    double TokensPerSecond, double DecisionsPerSecond,
    double FireP50Ms, double FireP99Ms, double FireMaxMs, long ByK,
    double TimeoutP50Ms, double TimeoutP99Ms, double TimeoutMaxMs, long ByT,
    int OpenWindows, double AllocatedBytesPerToken, double PeakRssMb, double CpuSecondsPerMillionTokens,
    double SenderCpuSecondsPerMillionTokens,
    double GcPauseMs, int FullCollections, int Pages, int Followers, ReadLoad? Read, double RssSlopeMbPerMinute, double StreamP99Ms,
    long StreamDecisions, string Authentication, int Wire, string Quantiser)
{
    public static IngestResult Create(IngestSettings settings, IngestMeasured measured, LoggedDecisions log)
    {
        var (sent, before, after, scene) = (measured.Sent, measured.Before, measured.After, measured.Statistics);
        var (fire, timeout) = (scene.FireLatency, scene.TimeoutLateness);
        var received = after.Received - before.Received;
        return new IngestResult(
            settings.Mode.ToString(), settings.Rate, sent.Seconds,
            sent.Tokens, received, sent.Decisions, log.Rows, log.Correct, log.WellFormed,
            after.KernelDrops - before.KernelDrops, after.RejectedSince(before), after.Undelivered - before.Undelivered, scene.Late,
            scene.Repeated,
            received / sent.Seconds, log.Rows / sent.Seconds,
            fire.P50 * 1000, fire.P99 * 1000, fire.Max * 1000, scene.ByK,
            timeout.P50 * 1000, timeout.P99 * 1000, timeout.Max * 1000, scene.ByT,
            measured.OpenWindows, (after.Allocated - before.Allocated) / (double)received, measured.Rss.Peak / 1e6,
            (after.Cpu - before.Cpu).TotalSeconds / received * 1e6, sent.CpuSeconds / received * 1e6,
            (after.GcPause - before.GcPause).TotalMilliseconds, after.FullCollections - before.FullCollections,
            settings.Pages, settings.Followers, measured.Read, measured.Rss.SlopeMbPerMinute, measured.Stream?.P99Ms ?? double.NaN,
            measured.Stream?.Decisions ?? 0, settings.Authentication.ToString(), settings.Wire, settings.Quantiser.ToString());
    }
}
