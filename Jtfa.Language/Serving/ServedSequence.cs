using Jtfa.Language.Caches;
using Jtfa.Language.Generation;

namespace Jtfa.Language.Serving;

/// <summary>A text that an engine computes. Of the engine's thread alone once it was submitted.</summary>
internal sealed class ServedSequence(
    GenerationRequest request, Continuation continuation, GenerationStream stream, CachedSequence cache, long submitted, int lookup = 0)
{
    /// <summary>Whose it is; null: nobody's.</summary>
    public string? Owner { get; } = request.Owner;

    /// <summary>What was asked for, for metrics.</summary>
    public string Operation { get; } = request.Operation;

    /// <summary>What chooses its text tokens.</summary>
    public Continuation Continuation { get; } = continuation;

    /// <summary>Where it goes.</summary>
    public GenerationStream Stream { get; } = stream;

    /// <summary>Its keys and values.</summary>
    public CachedSequence Cache { get; } = cache;

    /// <summary>The prompt and what was chosen.</summary>
    public List<int> Tokens { get; } = [.. request.Prompt];

    /// <summary>Text tokens of the prompt.</summary>
    public int PromptTokens { get; } = request.Prompt.Count;

    /// <summary>Rows of the next logits: one, and one more for each guess.</summary>
    public int Rows => 1 + (Draft?.Count ?? 0);

    /// <summary>Text tokens whose keys and values are still to be computed.</summary>
    public int Pending => Tokens.Count - Cache.Length;

    /// <summary>Text tokens of the prompt that were given to it.</summary>
    public int CachedTokens { get; set; }

    /// <summary>What guesses how it goes on; null: nothing does.</summary>
    public Draft? Draft { get; } = lookup > 0 ? new Draft(lookup, request.Prompt) : null;

    /// <summary>How often it gave its pages back.</summary>
    public int Preemptions { get; set; }

    /// <summary>How often it was computed anew since a stage was lost.</summary>
    public int Recoveries { get; set; }

    /// <summary>Whether its next text token is chosen when a batch has come back.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Whether it has ended.</summary>
    public bool IsEnded { get; set; }

    /// <summary>When it was submitted.</summary>
    public long Submitted { get; } = submitted;

    /// <summary>When it ran first.</summary>
    public long? Started { get; set; }

    /// <summary>When its first text token was chosen.</summary>
    public long? FirstToken { get; set; }

    /// <summary>Since when it stands still for its reader.</summary>
    public long Stalled { get; set; }

    /// <summary>What it cost until now.</summary>
    public GenerationStatistics Statistics(TimeProvider time, long now)
    {
        var tokens = Continuation.Count;
        return new GenerationStatistics(
            PromptTokens, CachedTokens, tokens, Preemptions, Recoveries,
            time.GetElapsedTime(Submitted, Started ?? now),
            FirstToken is { } first ? time.GetElapsedTime(Submitted, first) : null,
            FirstToken is { } since && tokens > 1 ? time.GetElapsedTime(since, now) / (tokens - 1) : null,
            time.GetElapsedTime(Submitted, now));
    }
}
