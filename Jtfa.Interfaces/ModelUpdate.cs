namespace Jtfa.Interfaces;

/// <summary>What a live page is told of the language models five times a second: how each is doing, and one's last seconds.</summary>
/// <param name="Time">When it was made, seconds since 1970.</param>
/// <param name="Models">Every model of the silo, in the order of configuration.</param>
/// <param name="Seconds">
/// The seconds of the model asked for: the first update of a connection has its past, at most 300 of them; later ones what is new.
/// </param>
public sealed record ModelUpdate(double Time, ModelStatus[] Models, ModelSecond[] Seconds)
{
    /// <summary>The stages of the model asked for; null where this silo has all of it, or it is not loaded.</summary>
    public RingStatus? Ring { get; init; }
}

/// <summary>The stages of a language model on several silos, as their starter knows them.</summary>
public sealed record RingStatus
{
    /// <summary>Events that a starter remembers.</summary>
    public const int MostEvents = 20;

    /// <summary>The epoch; null while a stage is missing.</summary>
    public int? Epoch { get; init; }

    /// <summary>Why a stage is missing, so that texts wait, one line; null while all are there.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether the solver made the plan, and not the configuration.</summary>
    public bool IsAuto { get; init; }

    /// <summary>The stages in order, the starter's first; those that were there last while one is missing.</summary>
    public RingStageStatus[] Stages { get; init; } = [];

    /// <summary>What happened, oldest first.</summary>
    public RingEvent[] Events { get; init; } = [];
}

/// <summary>One stage of a ring.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="First">Its first block.</param>
/// <param name="Count">How many.</param>
/// <param name="Load">
/// The share of the last half second, of the starter's blocks of the last second, in which it computed; NaN: not known.
/// </param>
/// <param name="BatchesPerSecond">Batches that it computed in that time, a second; NaN: not known.</param>
/// <param name="Waiting">Batches that have come and are not computed yet.</param>
/// <param name="Bytes">Bytes of its weights and pages.</param>
public sealed record RingStageStatus(
    string Silo, int First, int Count, double Load, double BatchesPerSecond, long Waiting, long Bytes);

/// <summary>Something that happened to a ring.</summary>
/// <param name="Time">Seconds since 1970.</param>
/// <param name="Kind">What.</param>
/// <param name="Text">One line.</param>
public sealed record RingEvent(double Time, RingEventKind Kind, string Text);

/// <summary>What happens to a ring.</summary>
public enum RingEventKind
{
    /// <summary>All stages are there; the line names them.</summary>
    Whole,

    /// <summary>A stage was lost, or another plan begins; the line says why.</summary>
    Lost,
}

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

    /// <summary>Share of the second in which the model computed here; of a ring its starter's blocks and the head.</summary>
    public double Load { get; init; }

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
