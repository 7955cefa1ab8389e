namespace Jtfa.Interfaces;

/// <summary>What a live page is told of the language models five times a second: how each is doing, and one's last seconds.</summary>
/// <param name="Time">When it was made, seconds since 1970.</param>
/// <param name="Models">Every model of the silo, in the order of configuration.</param>
/// <param name="Seconds">
/// The seconds of the model asked for: the first update of a connection has its past, at most 300 of them; later ones what is new.
/// </param>
public sealed record ModelUpdate(double Time, ModelStatus[] Models, ModelSecond[] Seconds);

/// <summary>What a language model did in about a second, and what it had at its end.</summary>
public sealed record ModelSecond
{
    /// <summary>Seconds that a silo remembers of each model.</summary>
    public const int MostKept = 300;

    /// <summary>When it ended, seconds since 1970.</summary>
    public required double Time { get; init; }

    /// <summary>Text tokens of prompts computed, a second.</summary>
    public double Prefilled { get; init; }

    /// <summary>Text tokens written, a second.</summary>
    public double Decoded { get; init; }

    /// <summary>Mean of text tokens computed together; NaN where nothing was computed.</summary>
    public double Batch { get; init; }

    /// <summary>Texts that are computed.</summary>
    public int Running { get; init; }

    /// <summary>Texts that wait.</summary>
    public int Waiting { get; init; }

    /// <summary>Texts that stand still for their readers.</summary>
    public int Stalled { get; init; }

    /// <summary>Pages that texts read.</summary>
    public int PagesRead { get; init; }

    /// <summary>Pages that are only remembered.</summary>
    public int PagesRemembered { get; init; }

    /// <summary>Texts that ended in the minute before.</summary>
    public int Ended { get; init; }

    /// <summary>Median of their TTFT, seconds; NaN without any.</summary>
    public double FirstTokenP50 { get; init; }

    /// <summary>99th percentile of the same.</summary>
    public double FirstTokenP99 { get; init; }

    /// <summary>Median of their TPOT, seconds; NaN without any.</summary>
    public double PerTokenP50 { get; init; }

    /// <summary>99th percentile of the same.</summary>
    public double PerTokenP99 { get; init; }

    /// <summary>Share of the guessed text tokens of the minute before that the model took; NaN where nothing guesses.</summary>
    public double Acceptance { get; init; }
}
