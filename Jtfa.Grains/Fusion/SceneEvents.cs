using System.Globalization;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>What happened in a scene of late: the last events, in memory.</summary>
/// <param name="activation">The scene's activation.</param>
internal sealed class SceneEvents(long activation)
{
    private readonly Queue<SceneEvent> _events = new(SceneEvent.MostKept);
    private long _number;

    /// <summary>Notes an event.</summary>
    public void Add(double at, SceneEventKind kind, string text, int? view = null)
    {
        if (_events.Count == SceneEvent.MostKept) _events.Dequeue();
        _events.Enqueue(new SceneEvent(++_number, activation, at, kind, text, view));
    }

    /// <summary>Notes a change of policy, unless nothing changes.</summary>
    public void AddPolicy(double at, ScenePolicy before, ScenePolicy after)
    {
        string?[] changes =
        [
            Change("K", before.K, after.K), Change("N", before.N, after.N),
            Change("T", before.T.TotalMilliseconds, after.T.TotalMilliseconds, " ms"),
            Change("W", before.W.TotalMilliseconds, after.W.TotalMilliseconds, " ms"),
            Change("linger", before.Linger.TotalMilliseconds, after.Linger.TotalMilliseconds, " ms"),
            Change("lanes", before.Lanes, after.Lanes), Change("keying", before.Keying, after.Keying),
            Change("β", before.Beta?.ToString(CultureInfo.InvariantCulture) ?? "own",
                after.Beta?.ToString(CultureInfo.InvariantCulture) ?? "own"),
            Change("timeout", before.Timeout, after.Timeout),
            Change("TMin", before.TMin.TotalMilliseconds, after.TMin.TotalMilliseconds, " ms"),
            Change("TMax", before.TMax.TotalMilliseconds, after.TMax.TotalMilliseconds, " ms"),
            Change("quantile", before.Quantile, after.Quantile),
            Change("margin", before.Margin.TotalMilliseconds, after.Margin.TotalMilliseconds, " ms"),
            Change("KMin", before.KMin?.ToString(CultureInfo.InvariantCulture) ?? "none",
                after.KMin?.ToString(CultureInfo.InvariantCulture) ?? "none"),
        ];
        if (string.Join(", ", changes.OfType<string>()) is { Length: > 0 } text) Add(at, SceneEventKind.Policy, text);
    }

    /// <summary>Notes that a clock was set.</summary>
    public void AddClock(ClockStep step) => Add(
        step.At, SceneEventKind.Clock,
        string.Create(
            CultureInfo.InvariantCulture, $"the clock was set {(step.By < 0 ? "back" : "forward")} by {Math.Abs(step.By):F1} s"));

    /// <summary>The last events, at most <paramref name="count"/>, oldest first.</summary>
    public SceneEvent[] Last(int count) => [.. _events.Skip(Math.Max(0, _events.Count - count))];

    private static string? Change<T>(string name, T before, T after, string unit = "") => Equals(before, after)
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{name} {before} → {after}{unit}");
}
