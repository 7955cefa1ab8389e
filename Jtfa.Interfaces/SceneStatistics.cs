using Jtfa.Core;

namespace Jtfa.Interfaces;

/// <summary>Counters and percentiles of one scene since it was activated.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneStatistics")]
public sealed record SceneStatistics
{
    /// <summary>Decisions published.</summary>
    [Id(0)] public long Decisions { get; init; }

    /// <summary>Of these, fired because K views were in.</summary>
    [Id(1)] public long ByK { get; init; }

    /// <summary>Of these, fired by the timeout.</summary>
    [Id(2)] public long ByT { get; init; }

    /// <summary>Tokens fused.</summary>
    [Id(3)] public long Tokens { get; init; }

    /// <summary>Tokens that came after their window had fired.</summary>
    [Id(4)] public long Late { get; init; }

    /// <summary>Second tokens of one view in one window.</summary>
    [Id(5)] public long Duplicates { get; init; }

    /// <summary>Tokens of more than N distinct views.</summary>
    [Id(6)] public long Surplus { get; init; }

    /// <summary>Reports of a decision that had been reported already; none is logged, published or counted again.</summary>
    [Id(7)] public long Repeated { get; init; }

    /// <summary>Mean fill ratio.</summary>
    [Id(8)] public double FillRatio { get; init; }

    /// <summary>Accuracy over decisions with a known label, also those logged before (docs/decision-log.md); NaN for none.</summary>
    [Id(9)] public double Accuracy { get; init; }

    /// <summary>Capture → fire, per decision: the mean over its fused tokens.</summary>
    [Id(10)] public LatencySummary Latency { get; init; } = new();

    /// <summary>K-th token received → decision published, per decision by K.</summary>
    [Id(11)] public LatencySummary FireLatency { get; init; } = new();

    /// <summary>Timeout due → decision published, per decision by T.</summary>
    [Id(12)] public LatencySummary TimeoutLateness { get; init; } = new();

    /// <summary>Bytes (UDP payload) of the fused tokens.</summary>
    [Id(13)] public long Bytes { get; init; }

    /// <summary>Decisions in which m &gt; N or a view is listed twice: always 0, counted as a check.</summary>
    [Id(14)] public long Malformed { get; init; }

    /// <summary>Decisions with a known label.</summary>
    [Id(15)] public long Labelled { get; init; }

    /// <summary>Of these, decided for it.</summary>
    [Id(16)] public long Correct { get; init; }
}

/// <summary>Percentiles of a latency in seconds, within 1 % of the true value; NaN when nothing was measured.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.LatencySummary")]
public sealed record LatencySummary
{
    /// <summary>The percentiles that a sketch of seconds gives.</summary>
    public static LatencySummary FromSketch(PercentileSketch sketch) => sketch.Count == 0 ? new() : new()
    {
        Count = sketch.Count,
        P50 = sketch.Quantile(0.50),
        P90 = sketch.Quantile(0.90),
        P99 = sketch.Quantile(0.99),
        Max = sketch.Max,
    };

    /// <summary>Values measured.</summary>
    [Id(0)] public long Count { get; init; }

    /// <summary>Median.</summary>
    [Id(1)] public double P50 { get; init; } = double.NaN;

    /// <summary>90th percentile.</summary>
    [Id(2)] public double P90 { get; init; } = double.NaN;

    /// <summary>99th percentile.</summary>
    [Id(3)] public double P99 { get; init; } = double.NaN;

    /// <summary>Largest value, exact.</summary>
    [Id(4)] public double Max { get; init; } = double.NaN;

    /// <summary>Δ = p99 − p50: how much longer the slow ones take.</summary>
    public double Spread => P99 - P50;

    /// <summary>p99 / p50.</summary>
    public double TailFactor => P50 > 0 ? P99 / P50 : double.NaN;
}
