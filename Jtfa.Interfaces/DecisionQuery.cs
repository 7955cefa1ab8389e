using System.Globalization;
using Jtfa.Core;

namespace Jtfa.Interfaces;

/// <summary>Which decisions of the log are asked for: those that meet every condition given.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.DecisionQuery")]
public sealed record DecisionQuery
{
    /// <summary>Upper limit of <see cref="Limit"/>.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>The scene; null is all.</summary>
    [Id(0)] public string? Scene { get; init; }

    /// <summary>Fired then or later.</summary>
    [Id(1)] public DateTimeOffset? From { get; init; }

    /// <summary>Fired before then.</summary>
    [Id(2)] public DateTimeOffset? To { get; init; }

    /// <summary>Smallest decision id.</summary>
    [Id(3)] public long? FromId { get; init; }

    /// <summary>Largest decision id.</summary>
    [Id(4)] public long? ToId { get; init; }

    /// <summary>Why it fired.</summary>
    [Id(5)] public FireCause? Cause { get; init; }

    /// <summary>The class decided for.</summary>
    [Id(6)] public int? Pred { get; init; }

    /// <summary>true: decided correctly; false: decided wrongly, with a known label.</summary>
    [Id(7)] public bool? Correct { get; init; }

    /// <summary>
    /// Oldest first, instead of newest first: by clock epoch, in it by fire time; decisions of the same fire time by their order in the
    /// log.
    /// </summary>
    [Id(8)] public bool OldestFirst { get; init; }

    /// <summary>Decisions of a page: 1 … <see cref="MaxLimit"/>.</summary>
    [Id(9)] public int Limit { get; init; } = 100;

    /// <summary>Where to go on: <see cref="DecisionPage.Next"/> of the page before, of the same query.</summary>
    [Id(10)] public string? Cursor { get; init; }

    /// <summary>What is wrong with this query, one line a fault; empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Limit is < 1 or > MaxLimit) yield return $"limit={Limit}: allowed is 1 … {MaxLimit}";
        if (From > To) yield return $"from={From:O}: allowed is no later than to ({To:O})";
        if (FromId > ToId) yield return $"fromId={FromId}: allowed is no larger than toId ({ToId})";
        if (Cause is { } cause && !Enum.IsDefined(cause))
            yield return $"cause={cause}: allowed is {string.Join(", ", Enum.GetNames<FireCause>())}";
        if (Cursor is not null && !DecisionCursor.TryParse(Cursor, out _))
            yield return $"cursor='{Cursor}': allowed is the next of the page before";
    }
}

/// <summary>Some decisions of the log.</summary>
/// <param name="Decisions">The decisions, in the order asked for.</param>
/// <param name="Next">Where the next page goes on; null when there was none at the time.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.DecisionPage")]
public sealed record DecisionPage([property: Id(0)] Decision[] Decisions, [property: Id(1)] string? Next);

/// <summary>The last decision of a page: when it fired, seconds since 1970, its row's number, and its clock epoch.</summary>
/// <param name="Timestamp">When it fired.</param>
/// <param name="Row">Its row's number.</param>
/// <param name="ClockEpoch">Its clock epoch.</param>
public readonly record struct DecisionCursor(double Timestamp, long Row, int ClockEpoch = 0)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, out DecisionCursor cursor)
    {
        ArgumentNullException.ThrowIfNull(text);
        cursor = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 1
            || !double.TryParse(text.AsSpan(0, dash), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var timestamp)
            || !double.IsFinite(timestamp)) return false; // "NaN" is read too
        var rest = text.AsSpan(dash + 1);
        var epoch = 0;
        if (rest.IndexOf('-') is >= 0 and var second)
        {
            if (!int.TryParse(rest[(second + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out epoch)) return false;
            rest = rest[..second];
        }

        if (!long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var row)) return false;
        cursor = new(timestamp, row, epoch);
        return true;
    }

    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Timestamp:R}-{Row}{(ClockEpoch > 0 ? $"-{ClockEpoch}" : "")}");
}

/// <summary>What the log holds of a scene over a time span.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.SpanStatistics")]
public sealed record SpanStatistics
{
    /// <summary>The scene.</summary>
    [Id(0)] public required string Scene { get; init; }

    /// <summary>Decisions fired then or later …</summary>
    [Id(1)] public required DateTimeOffset From { get; init; }

    /// <summary>… and before then.</summary>
    [Id(2)] public required DateTimeOffset To { get; init; }

    /// <summary>Decisions.</summary>
    [Id(3)] public long Decisions { get; init; }

    /// <summary>Of these, fired because K views were in.</summary>
    [Id(4)] public long ByK { get; init; }

    /// <summary>Of these, fired by the timeout.</summary>
    [Id(5)] public long ByT { get; init; }

    /// <summary>Tokens fused.</summary>
    [Id(6)] public long Tokens { get; init; }

    /// <summary>Bytes (UDP payload) of these.</summary>
    [Id(7)] public long Bytes { get; init; }

    /// <summary>Mean fill ratio; NaN without decisions.</summary>
    [Id(8)] public double FillRatio { get; init; } = double.NaN;

    /// <summary>Decisions with a known label.</summary>
    [Id(9)] public long Labelled { get; init; }

    /// <summary>Accuracy over these; NaN when there are none.</summary>
    [Id(10)] public double Accuracy { get; init; } = double.NaN;

    /// <summary>Capture → fire, per decision: the mean over its fused tokens.</summary>
    [Id(11)] public LatencySummary Latency { get; init; } = new();
}
