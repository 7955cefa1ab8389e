namespace Jtfa.Interfaces;

/// <summary>
/// What a language model of a silo did within one minute, as the log keeps it. There is none for a minute in which nothing was computed and
/// nobody was sent away. A text counts in the minute in which it ended.
/// </summary>
public sealed record ModelMinute
{
    /// <summary>Its length, seconds.</summary>
    public const int Seconds = 60;

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The silo: its address and port among silos.</summary>
    public required string Silo { get; init; }

    /// <summary>When it began: at a full minute, or when the silo started within it, seconds since 1970.</summary>
    public required double From { get; init; }

    /// <summary>When it ended: at the next full minute, or when the silo stopped within it, seconds since 1970.</summary>
    public required double To { get; init; }

    /// <summary>Texts that ended by themselves.</summary>
    public long Stop { get; init; }

    /// <summary>Texts that ended because they were as long as they might be.</summary>
    public long Length { get; init; }

    /// <summary>Texts that their readers cancelled.</summary>
    public long Cancelled { get; init; }

    /// <summary>Texts whose readers went without a word.</summary>
    public long Abandoned { get; init; }

    /// <summary>Texts that could not be computed.</summary>
    public long Failed { get; init; }

    /// <summary>Texts that ended with the silo or with the model's unloading.</summary>
    public long ShutDown { get; init; }

    /// <summary>Texts that ended, however.</summary>
    public long Texts => Stop + Length + Cancelled + Abandoned + Failed + ShutDown;

    /// <summary>Requests that found no place.</summary>
    public long Busy { get; init; }

    /// <summary>Text tokens of these texts' prompts.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Those of them whose pages were there already.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Text tokens of these texts.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>Median of submitted → first text token (TTFT), seconds, within 1 %; NaN without any.</summary>
    public double FirstTokenP50 { get; init; } = double.NaN;

    /// <summary>90th percentile of the same.</summary>
    public double FirstTokenP90 { get; init; } = double.NaN;

    /// <summary>99th percentile of the same.</summary>
    public double FirstTokenP99 { get; init; } = double.NaN;

    /// <summary>Median of the texts' mean times of a text token after the first (TPOT), seconds, within 1 %; NaN without any.</summary>
    public double PerTokenP50 { get; init; } = double.NaN;

    /// <summary>90th percentile of the same.</summary>
    public double PerTokenP90 { get; init; } = double.NaN;

    /// <summary>99th percentile of the same.</summary>
    public double PerTokenP99 { get; init; } = double.NaN;

    /// <summary>Median of submitted → ended (JCT), seconds, within 1 %; NaN without any.</summary>
    public double CompletionP50 { get; init; } = double.NaN;

    /// <summary>99th percentile of the same.</summary>
    public double CompletionP99 { get; init; } = double.NaN;

    /// <summary>Mean of text tokens computed together; NaN where nothing was computed.</summary>
    public double Batch { get; init; } = double.NaN;

    /// <summary>Most pages that texts read, as the silo saw once a second.</summary>
    public int PagesPeak { get; init; }
}

/// <summary>Which minutes of a model are asked for: the newest of those that meet every condition given.</summary>
public sealed record ModelMinuteQuery
{
    /// <summary>Upper limit of <see cref="Limit"/>: a little more than a week of one silo.</summary>
    public const int MaxLimit = MinuteQuery.MaxLimit;

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Began then or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Began before then.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>At most so many, the newest: 1 … <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 60;

    /// <summary>What is wrong with this query, one line a fault; empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Limit is < 1 or > MaxLimit) yield return $"limit={Limit}: allowed is 1 … {MaxLimit}";
        if (From > To) yield return $"from={From:O}: allowed is no later than to ({To:O})";
    }
}
