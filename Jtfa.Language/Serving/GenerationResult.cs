using Jtfa.Language.Generation;

namespace Jtfa.Language.Serving;

/// <summary>What one step added to a text.</summary>
/// <param name="Text">The text that is decided by it; may be empty.</param>
/// <param name="Token">The text token that was chosen.</param>
/// <param name="LogProbability">Its log probability and the likeliest ones'; null where they were not asked for.</param>
/// <param name="Finish">Why the text has ended with it; null: it goes on.</param>
public readonly record struct GenerationPiece(string Text, int Token, TokenLogProbability? LogProbability, FinishReason? Finish);

/// <summary>How a text came to its end.</summary>
public enum GenerationEnding
{
    /// <summary>The model ended it, a stop string came, or its JSON document is whole.</summary>
    Stop,

    /// <summary>It has as many text tokens as it may have.</summary>
    Length,

    /// <summary>Its reader cancelled it.</summary>
    Cancelled,

    /// <summary>Its reader did not read for too long.</summary>
    Abandoned,

    /// <summary>It could not be computed; the fault says why.</summary>
    Failed,

    /// <summary>The engine was stopped before its end.</summary>
    ShutDown,
}

/// <summary>A text's end.</summary>
/// <param name="Ending">How it came.</param>
/// <param name="Fault">One line that says why it is not whole; null where it is, and where its reader cancelled it.</param>
/// <param name="Statistics">What it cost.</param>
public sealed record GenerationResult(GenerationEnding Ending, string? Fault, GenerationStatistics Statistics);

/// <summary>What a text cost.</summary>
/// <param name="PromptTokens">Text tokens of its prompt.</param>
/// <param name="CachedTokens">Those of them whose pages an earlier text of its owner had computed.</param>
/// <param name="CompletionTokens">Text tokens that were chosen.</param>
/// <param name="Preemptions">How often it gave its pages back to older texts, and was computed anew.</param>
/// <param name="Recoveries">How often it was computed anew since a stage of its model was lost.</param>
/// <param name="Queued">From its submission until it ran first; until its end where it never did.</param>
/// <param name="TimeToFirstToken">From its submission to its first text token (TTFT); null: there was none.</param>
/// <param name="TimePerOutputToken">Mean time of a text token after the first (TPOT); null where there was none.</param>
/// <param name="JobCompletionTime">From its submission to its end (JCT).</param>
public sealed record GenerationStatistics(
    int PromptTokens, int CachedTokens, int CompletionTokens, int Preemptions, int Recoveries, TimeSpan Queued, TimeSpan? TimeToFirstToken,
    TimeSpan? TimePerOutputToken, TimeSpan JobCompletionTime);

/// <summary>A text broke off. The message is one line for who reads it.</summary>
/// <param name="message">Why.</param>
public sealed class GenerationException(string message) : Exception(message);
