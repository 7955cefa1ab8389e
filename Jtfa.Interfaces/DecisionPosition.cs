using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Jtfa.Interfaces;

/// <summary>A place in a scene's log, as a reader remembers it to go on from.</summary>
/// <param name="Id">The decision's id.</param>
/// <param name="Timestamp">When it fired, seconds since 1970.</param>
/// <param name="ClockEpoch">Its clock epoch; null where a time's is not known, and of a decision in the first.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.DecisionPosition")]
public sealed record DecisionPosition(
    [property: Id(0)] long Id, [property: Id(1)] double Timestamp, [property: Id(2)] int? ClockEpoch = null)
{
    /// <summary>
    /// The place before all decisions that fire at a time or later; where the clock epoch of that time is given, in it or in a later one.
    /// </summary>
    /// <param name="timestamp">Seconds since 1970.</param>
    /// <param name="clockEpoch">The clock epoch; null takes any that fire then or later by their clock.</param>
    public static DecisionPosition At(double timestamp, int? clockEpoch = null) => new(long.MinValue, timestamp, clockEpoch);

    /// <summary>Whether it was made by <see cref="At"/>, and so is a time and not a decision's place.</summary>
    public bool IsTime => Id == long.MinValue;

    /// <summary>What names the decision; a time names none.</summary>
    public DecisionKey Key => new(ClockEpoch ?? 0, Id);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DecisionPosition? position)
    {
        ArgumentNullException.ThrowIfNull(text);
        position = null;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 1
            || !long.TryParse(text.AsSpan(0, at), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
            || !TryParseTime(text.AsSpan(at + 1), out var timestamp, out var clockEpoch)) return false;
        position = new(id, timestamp, clockEpoch);
        return true;
    }

    /// <summary>
    /// The id of a live decision's server-sent event: <c>id@timestamp</c>, and <c>/epoch</c> behind it after the clock was set back.
    /// </summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Id}@{Timestamp:R}{(ClockEpoch is { } epoch && (epoch > 0 || IsTime) ? $"/{epoch}" : "")}");

    /// <summary>A decision's place.</summary>
    public static DecisionPosition FromDecision(Decision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return new(decision.Id, decision.Timestamp, decision.ClockEpoch > 0 ? decision.ClockEpoch : null);
    }

    private static bool TryParseTime(ReadOnlySpan<char> text, out double timestamp, out int? clockEpoch)
    {
        clockEpoch = null;
        if (text.IndexOf('/') is >= 0 and var slash)
        {
            if (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch))
            {
                timestamp = 0;
                return false;
            }

            clockEpoch = epoch;
            text = text[..slash];
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out timestamp) && double.IsFinite(timestamp);
    }
}
