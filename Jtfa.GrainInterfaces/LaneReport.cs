namespace Jtfa.Interfaces;

/// <summary>What a lane tells its scene.</summary>
/// <param name="Decisions">Results of windows that fired, in the order they fired.</param>
/// <param name="Tallies">What windows that have gone saw besides their decisions.</param>
/// <param name="Delays">When views came to windows that have gone, where the policy adapts to it; null from silos without it.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.LaneReport")]
public sealed record LaneReport(
    [property: Id(0)] Decision[] Decisions, [property: Id(1)] WindowTally[] Tallies, [property: Id(2)] WindowDelays[]? Delays = null);

/// <summary>What a window saw besides its decision.</summary>
/// <param name="Late">Tokens after it fired.</param>
/// <param name="Duplicates">Second tokens of a view before it fired; each replaced the first.</param>
/// <param name="Surplus">Tokens of more than N distinct views; not fused.</param>
/// <param name="Decision">Its decision id.</param>
/// <param name="LateViews">Views whose token came after it had fired and that were not fused, each once, in order of arrival.</param>
/// <param name="ClockEpoch">Its clock epoch.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.WindowTally")]
public sealed record WindowTally(
    [property: Id(0)] int Late,
    [property: Id(1)] int Duplicates,
    [property: Id(2)] int Surplus,
    [property: Id(3)] long Decision,
    [property: Id(4)] int[] LateViews,
    [property: Id(5)] int ClockEpoch = 0);

/// <summary>When each view's first token came to a window that has gone, those that came after it had fired too.</summary>
/// <param name="OpenedAt">When the window's first token was received, seconds since 1970.</param>
/// <param name="Views">The views, in order of arrival.</param>
/// <param name="Seconds">By how much later than that first token each came.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.WindowDelays")]
public sealed record WindowDelays(
    [property: Id(0)] double OpenedAt, [property: Id(1)] int[] Views, [property: Id(2)] double[] Seconds)
{
    // Seconds: a window does not last longer.
    private const double Longest = 200;

    /// <summary>Whether a lane can have seen it: a report may come from another process.</summary>
    public bool IsSound => double.IsFinite(OpenedAt) && Views.Length == Seconds.Length && Views.Length <= ScenePolicy.MaxViews
        && Array.TrueForAll(Views, view => view >= 0) && Array.TrueForAll(Seconds, delay => delay is >= 0 and < Longest);
}

/// <summary>Decisions that a scene hands to a follower, in the order in which it published them.</summary>
/// <param name="Decisions">The decisions.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.DecisionBatch")]
public sealed record DecisionBatch([property: Id(0)] Decision[] Decisions);
