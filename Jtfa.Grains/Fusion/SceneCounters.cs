using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>What a scene counts of its decisions: sums, the running accuracy and percentile sketches.</summary>
internal sealed class SceneCounters
{
    private readonly PercentileSketch _latency = new();
    private readonly PercentileSketch _fireLatency = new();
    private readonly PercentileSketch _timeoutLateness = new();
    private long _decisions;
    private long _byK;
    private long _tokens;
    private long _bytes;
    private long _late;
    private long _duplicates;
    private long _surplus;
    private long _repeated;
    private long _malformed;
    private double _fill;
    private long _labelled;
    private long _correct;
    private long _labelledPublished;
    private long _correctPublished;

    /// <summary>The running accuracy; NaN while no label was known.</summary>
    public double Accuracy => _labelled > 0 ? (double)_correct / _labelled : double.NaN;

    /// <summary>Continues the running accuracy from the log's totals.</summary>
    public void Resume(SceneTotals totals) => (_labelled, _correct) = (totals.Labelled, totals.Correct);

    /// <summary>Counts a decision's label, before the decision goes to the log.</summary>
    /// <returns>The running accuracy with it; NaN while no label was known.</returns>
    public double CountLabel(Decision decision)
    {
        if (decision.Gt >= 0) _labelled++;
        if (decision.Correct) _correct++;
        return Accuracy;
    }

    /// <summary>Takes back a label whose decision the log did not take.</summary>
    public void UncountLabel(Decision decision)
    {
        if (decision.Gt >= 0) _labelled--;
        if (decision.Correct) _correct--;
    }

    /// <summary>Counts a published decision and its latencies.</summary>
    public void CountPublished(Decision decision, double now)
    {
        _decisions++;
        if (decision.Cause == FireCause.K) _byK++;
        _tokens += decision.M;
        _bytes += decision.Bytes;
        _fill += decision.FillRatio;
        if (decision.Gt >= 0) _labelledPublished++;
        if (decision.Correct) _correctPublished++;
        if (!IsWellFormed(decision)) _malformed++;
        _latency.Add(decision.LatMean);
        var sketch = decision.Cause == FireCause.K ? _fireLatency : _timeoutLateness;
        sketch.Add(Math.Max(0, now - decision.DueAt));
    }

    public void Count(WindowTally tally)
    {
        _late += tally.Late;
        _duplicates += tally.Duplicates;
        _surplus += tally.Surplus;
    }

    public void CountRepeated() => _repeated++;

    public SceneStatistics Snapshot() => new()
    {
        Decisions = _decisions,
        ByK = _byK,
        ByT = _decisions - _byK,
        Tokens = _tokens,
        Bytes = _bytes,
        Late = _late,
        Duplicates = _duplicates,
        Surplus = _surplus,
        Repeated = _repeated,
        Malformed = _malformed,
        FillRatio = _decisions > 0 ? _fill / _decisions : double.NaN,
        Accuracy = Accuracy,
        Labelled = _labelledPublished,
        Correct = _correctPublished,
        Latency = LatencySummary.FromSketch(_latency),
        FireLatency = LatencySummary.FromSketch(_fireLatency),
        TimeoutLateness = LatencySummary.FromSketch(_timeoutLateness),
    };

    // Views are ascending, so a view that is listed twice is its own neighbour. That m > N shows in the fill ratio: the policy's N may
    // no longer be the one that the window opened with.
    private static bool IsWellFormed(Decision decision)
    {
        if (decision.FillRatio > 1 || decision.M != decision.Views.Length) return false;
        for (var i = 1; i < decision.Views.Length; i++)
            if (decision.Views[i] <= decision.Views[i - 1]) return false;
        return true;
    }
}
