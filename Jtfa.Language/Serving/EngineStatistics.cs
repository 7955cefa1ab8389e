namespace Jtfa.Language.Serving;

/// <summary>What an engine has at a moment, and what it has done since its start.</summary>
public readonly record struct EngineStatistics
{
    /// <summary>Texts that wait.</summary>
    public int Waiting { get; init; }

    /// <summary>Texts that run.</summary>
    public int Running { get; init; }

    /// <summary>Texts that stand still until their readers have read more.</summary>
    public int Stalled { get; init; }

    /// <summary>All pages.</summary>
    public int Pages { get; init; }

    /// <summary>Pages that texts read.</summary>
    public int PagesRead { get; init; }

    /// <summary>Pages that are only remembered, for texts that begin like theirs; whoever needs a page has them.</summary>
    public int PagesRemembered { get; init; }

    /// <summary>Steps.</summary>
    public long Steps { get; init; }

    /// <summary>Seconds in which it computed, or waited for its turn to.</summary>
    public double WorkSeconds { get; init; }

    /// <summary>Text tokens that went through the model.</summary>
    public long ComputedTokens { get; init; }

    /// <summary>Those of them that were of prompts, or of texts that were computed anew; the others are of texts that go on.</summary>
    public long PrefilledTokens { get; init; }

    /// <summary>Text tokens of prompts whose texts have begun.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Those of them whose pages were given.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Text tokens that were chosen.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>Text tokens that were guessed before the model saw them; 0 where nothing guesses.</summary>
    public long DraftedTokens { get; init; }

    /// <summary>Those of them that the model took.</summary>
    public long AcceptedTokens { get; init; }

    /// <summary>How often a text gave its pages back to an older one.</summary>
    public long Preemptions { get; init; }

    /// <summary>How often a stage was lost, and all texts were computed anew.</summary>
    public long Recoveries { get; init; }

    /// <summary>Texts that have ended, however.</summary>
    public long Ended { get; init; }

    /// <summary>Mean time between ends of texts while all places are taken, by what the last ones took.</summary>
    public double SecondsPerText { get; init; }
}
