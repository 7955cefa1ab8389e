using System.Diagnostics.Metrics;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>One scene's metrics.</summary>
internal sealed class SceneMetrics
{
    private static readonly Counter<long> s_decisions = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.decisions", "{decision}", "Decisions published, by scene and cause");
    private static readonly Counter<long> s_labelled = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.decision.labelled", "{decision}", "Of these, with a known label, by scene");
    private static readonly Counter<long> s_correct = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.decision.correct", "{decision}", "Of those with a known label, decided for it, by scene");
    private static readonly Counter<long> s_tokens = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.decision.tokens", "{token}", "Tokens fused (the sum of m), by scene and cause");
    private static readonly Histogram<double> s_fill = JtfaNames.Meter.CreateHistogram(
        "jtfa.decision.fill_ratio", "1", "Distinct views / N, by scene", tags: null, new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
        });

    private static readonly Histogram<double> s_latency = JtfaNames.Meter.CreateHistogram(
        "jtfa.decision.latency", "s", "Capture → fire, mean over the fused tokens, by scene and cause", tags: null, JtfaNames.Latencies);
    private static readonly Histogram<double> s_fireLatency = JtfaNames.Meter.CreateHistogram(
        "jtfa.fire.latency", "s", "Due to fire → decision published, by scene and cause", tags: null, JtfaNames.Latencies);
    private static readonly Counter<long> s_late = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.window.late", "{token}", "Tokens after their window had fired, by scene");
    private static readonly Counter<long> s_duplicates = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.window.duplicates", "{token}", "Second tokens of one view in one window, by scene");
    private static readonly Counter<long> s_surplus = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.window.surplus", "{token}", "Tokens of more than N distinct views, by scene");

    private static readonly KeyValuePair<string, object?> s_byK = new("cause", "K");
    private static readonly KeyValuePair<string, object?> s_byT = new("cause", "T");

    private readonly KeyValuePair<string, object?> _scene;

    /// <summary>A scene's metrics. Its counters start now, at 0, so that a reader of differences sees the first counts too.</summary>
    public SceneMetrics(string scene)
    {
        _scene = new("scene", scene);
        foreach (var cause in new[] { s_byK, s_byT })
        {
            s_decisions.Add(0, _scene, cause);
            s_tokens.Add(0, _scene, cause);
        }

        s_labelled.Add(0, _scene);
        s_correct.Add(0, _scene);
        Count(new WindowTally(0, 0, 0, Decision: 0, LateViews: []));
    }

    /// <summary>Counts a published decision.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="now">When it was published, seconds since 1970.</param>
    public void CountPublished(Decision decision, double now)
    {
        var cause = decision.Cause == FireCause.K ? s_byK : s_byT;
        s_decisions.Add(1, _scene, cause);
        s_tokens.Add(decision.M, _scene, cause);
        s_fill.Record(decision.FillRatio, _scene);
        s_latency.Record(decision.LatMean, _scene, cause);
        s_fireLatency.Record(Math.Max(0, now - decision.DueAt), _scene, cause);
        if (decision.Gt >= 0) s_labelled.Add(1, _scene);
        if (decision.Correct) s_correct.Add(1, _scene);
    }

    /// <summary>Counts what a window saw besides its decision.</summary>
    public void Count(WindowTally tally)
    {
        s_late.Add(tally.Late, _scene);
        s_duplicates.Add(tally.Duplicates, _scene);
        s_surplus.Add(tally.Surplus, _scene);
    }
}
