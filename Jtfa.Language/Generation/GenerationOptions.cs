using Jtfa.Language.Decoding;

namespace Jtfa.Language.Generation;

/// <summary>How one text is made and where it ends.</summary>
public sealed record GenerationOptions
{
    /// <summary>How each text token is chosen.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>The most text tokens that are chosen, an end-of-text token among them.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Strings before whose first the text ends.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>How many of the likeliest text tokens are told with each chosen one's log probability; null: none of either.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        foreach (var fault in Sampling.Faults()) yield return $"Sampling.{fault}";
        if (MaxTokens < 1) yield return $"MaxTokens={MaxTokens}: allowed is 1 or more";
        if (Stop.Any(string.IsNullOrEmpty)) yield return "Stop: one is empty; leave it out";
        if (LogProbabilities is < 0 or > 1024) yield return $"LogProbabilities={LogProbabilities}: allowed is 0 … 1024";
    }
}

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, a stop string came, or its JSON document is whole.</summary>
    Stop,

    /// <summary>It has as many text tokens as it may have.</summary>
    Length,
}

/// <summary>What one step adds to a text.</summary>
/// <param name="text">The text that is decided by it; may be empty. It is valid until the next step.</param>
/// <param name="tokens">The text tokens that were chosen, one but for drafts. They are valid until the next step.</param>
/// <param name="finish">Why the text has ended with it; null: it goes on.</param>
public readonly ref struct GenerationStep(ReadOnlySpan<char> text, ReadOnlySpan<int> tokens, FinishReason? finish)
{
    /// <summary>The text that is decided by it; may be empty. It is valid until the next step.</summary>
    public ReadOnlySpan<char> Text { get; } = text;

    /// <summary>
    /// The text tokens that were chosen, one but for drafts; where the text goes on, the model is given the last of them next. They are
    /// valid until the next step.
    /// </summary>
    public ReadOnlySpan<int> Tokens { get; } = tokens;

    /// <summary>Why the text has ended with it; null: it goes on.</summary>
    public FinishReason? Finish { get; } = finish;
}

/// <summary>The log probability of a chosen text token, and those of the likeliest ones.</summary>
/// <param name="Chosen">The chosen one's.</param>
/// <param name="Top">The likeliest ones', in order.</param>
public sealed record TokenLogProbability(LogProbability Chosen, IReadOnlyList<LogProbability> Top);
