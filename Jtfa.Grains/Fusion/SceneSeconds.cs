using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>A scene's decisions by the second that they were published in, as charts show them.</summary>
/// <param name="policyAt">The policy that holds at a time, seconds since 1970.</param>
internal sealed class SceneSeconds(Func<double, ScenePolicy> policyAt)
{
    // Seconds that a latency covers: enough for a 99th percentile at ten decisions a second, few enough to show a change.
    private const int LatencySpan = 10;

    // A clock that is set back by no more is waited for.
    private const int ShortStep = 2;

    private readonly Queue<SceneSecond> _past = new(SceneSecond.MostKept);
    private readonly Queue<PercentileSketch> _sketches = new(LatencySpan);
    private readonly PercentileSketch _latencies = new();
    private long _second;
    private double _accuracy = double.NaN;
    private PercentileSketch _latency = new();
    private Sums _now;

    /// <summary>Counts a published decision.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="time">Now, seconds since 1970.</param>
    /// <param name="accuracy">The running accuracy with it.</param>
    public void Count(Decision decision, double time, double accuracy)
    {
        Advance(time);
        _accuracy = accuracy;
        _latency.Add(decision.LatMean);
        _now.Decisions++;
        _now.Tokens += decision.M;
        _now.Bytes += decision.Bytes;
        _now.Fill += decision.FillRatio;
        if (decision.Cause == FireCause.K) _now.ByK++;
        if (decision.Gt >= 0) _now.Labelled++;
        if (decision.Correct) _now.Correct++;
    }

    /// <summary>The last full seconds, at most <paramref name="count"/>, oldest first.</summary>
    public SceneSecond[] Last(int count, double time, double accuracy)
    {
        _accuracy = accuracy;
        Advance(time);
        return [.. _past.Skip(Math.Max(0, _past.Count - count))];
    }

    // Ends the second under way and each silent second since; after a long silence only the last that are kept, and before them those
    // that their latencies cover. Where the clock was set back, the past begins anew: its seconds come again.
    private void Advance(double time)
    {
        var second = (long)Math.Floor(time);
        if (_second == 0) _second = second;
        if (second < _second - ShortStep) BeginAnew(second);
        while (_second < second)
        {
            End();
            _second = Math.Max(_second + 1, second - SceneSecond.MostKept - LatencySpan);
        }
    }

    private void BeginAnew(long second)
    {
        _past.Clear();
        _sketches.Clear();
        _latency.Reset();
        (_second, _now) = (second, default);
    }

    private void End()
    {
        _sketches.Enqueue(_latency);
        _latencies.Reset();
        foreach (var sketch in _sketches) _latencies.Merge(sketch);
        _latency = _sketches.Count < LatencySpan ? new PercentileSketch() : _sketches.Dequeue();
        _latency.Reset();

        if (_past.Count == SceneSecond.MostKept) _past.Dequeue();
        _past.Enqueue(new SceneSecond
        {
            Second = _second,
            Decisions = _now.Decisions,
            ByK = _now.ByK,
            Tokens = _now.Tokens,
            Bytes = _now.Bytes,
            FillRatio = _now.Decisions > 0 ? _now.Fill / _now.Decisions : double.NaN,
            Labelled = _now.Labelled,
            Correct = _now.Correct,
            AccRunning = _accuracy,
            Latency = LatencySummary.FromSketch(_latencies),
            T = policyAt(_second + 1).T,
        });
        _now = default;
    }

    private struct Sums
    {
        public int Decisions;
        public int ByK;
        public int Tokens;
        public long Bytes;
        public double Fill;
        public int Labelled;
        public int Correct;
    }
}
