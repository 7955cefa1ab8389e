namespace Jtfa.Interfaces;

/// <summary>
/// What happened in a scene within one minute, as the log keeps it. There is none for a minute in which nothing happened, and one for each
/// part of a minute in which the scene moved to another silo or the clock was set back.
/// </summary>
[GenerateSerializer, Immutable, Alias("Jtfa.SceneMinute")]
public sealed record SceneMinute
{
    /// <summary>Its length, seconds.</summary>
    public const int Seconds = 60;

    /// <summary>The scene.</summary>
    [Id(0)] public required string Scene { get; init; }

    /// <summary>When it began: at a full minute, or when the scene was activated within it, seconds since 1970.</summary>
    [Id(1)] public required double From { get; init; }

    /// <summary>When it ended: at the next full minute, or when the scene was deactivated within it, seconds since 1970.</summary>
    [Id(2)] public required double To { get; init; }

    /// <summary>Decisions published in it.</summary>
    [Id(3)] public required long Decisions { get; init; }

    /// <summary>Of these, fired because K views were in.</summary>
    [Id(4)] public required long ByK { get; init; }

    /// <summary>Of these, fired by the timeout.</summary>
    public long ByT => Decisions - ByK;

    /// <summary>Tokens fused.</summary>
    [Id(5)] public required long Tokens { get; init; }

    /// <summary>Mean fill ratio; NaN without decisions.</summary>
    [Id(6)] public required double FillRatio { get; init; }

    /// <summary>Median of capture → fire, seconds, over the decisions' means, within 1 %; NaN without decisions.</summary>
    [Id(7)] public required double P50 { get; init; }

    /// <summary>90th percentile of the same.</summary>
    [Id(8)] public required double P90 { get; init; }

    /// <summary>99th percentile of the same.</summary>
    [Id(9)] public required double P99 { get; init; }

    /// <summary>p99 / p50.</summary>
    public double TailFactor => P50 > 0 ? P99 / P50 : double.NaN;

    /// <summary>Bytes (UDP payload) of the fused tokens.</summary>
    [Id(10)] public required long Bytes { get; init; }

    /// <summary>Tokens that came after their window had fired; counted when the window goes.</summary>
    [Id(11)] public required long Late { get; init; }

    /// <summary>Tokens that were sent and never came, by gaps in <c>seq</c>; 0 where cameras send no <c>seq</c>.</summary>
    [Id(12)] public required long Lost { get; init; }

    /// <summary>Decisions with a known label.</summary>
    [Id(13)] public required long Labelled { get; init; }

    /// <summary>Of these, decided correctly.</summary>
    [Id(14)] public required long Correct { get; init; }

    /// <summary>Accuracy over the decisions with a known label; NaN when there are none.</summary>
    public double Accuracy => Labelled > 0 ? (double)Correct / Labelled : double.NaN;

    /// <summary>K in force at its end.</summary>
    [Id(15)] public required int K { get; init; }

    /// <summary>T in force at its end.</summary>
    [Id(16)] public required TimeSpan T { get; init; }

    /// <summary>The scene's clock epoch when it began: the same minute comes again where the clock was set back.</summary>
    [Id(17)] public int ClockEpoch { get; init; }
}

/// <summary>Which minutes of a scene are asked for: the newest of those that meet every condition given.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.MinuteQuery")]
public sealed record MinuteQuery
{
    /// <summary>Upper limit of <see cref="Limit"/>: a little more than a week.</summary>
    public const int MaxLimit = 10_500;

    /// <summary>The scene.</summary>
    [Id(0)] public required string Scene { get; init; }

    /// <summary>Began then or later.</summary>
    [Id(1)] public DateTimeOffset? From { get; init; }

    /// <summary>Began before then.</summary>
    [Id(2)] public DateTimeOffset? To { get; init; }

    /// <summary>At most so many, the newest: 1 … <see cref="MaxLimit"/>.</summary>
    [Id(3)] public int Limit { get; init; } = 60;

    /// <summary>What is wrong with this query, one line a fault; empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Limit is < 1 or > MaxLimit) yield return $"limit={Limit}: allowed is 1 … {MaxLimit}";
        if (From > To) yield return $"from={From:O}: allowed is no later than to ({To:O})";
    }
}
