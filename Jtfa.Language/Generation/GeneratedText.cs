namespace Jtfa.Language.Generation;

/// <summary>A text that has ended.</summary>
/// <param name="Tokens">The text tokens that were chosen.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Seed">What its random numbers began with.</param>
/// <param name="LogProbabilities">Those of its text tokens; empty where they were not asked for.</param>
/// <param name="Statistics">What it took.</param>
public sealed record GeneratedText(
    IReadOnlyList<int> Tokens, FinishReason Finish, ulong Seed, IReadOnlyList<TokenLogProbability> LogProbabilities,
    GeneratorStatistics Statistics);

/// <summary>What a text took.</summary>
/// <param name="PromptTokens">Text tokens of its prompt.</param>
/// <param name="CompletionTokens">Text tokens that were chosen.</param>
/// <param name="PrefillSeconds">Until the first could be chosen, the drafter's part included.</param>
/// <param name="DecodeSeconds">From then on.</param>
/// <param name="Passes">How often the model was computed after the prompt.</param>
/// <param name="Drafted">Text tokens that were guessed.</param>
/// <param name="Accepted">Those of them that were right.</param>
/// <param name="PlainStepSeconds">What a step without a draft takes; null where it was not measured.</param>
public sealed record GeneratorStatistics(
    int PromptTokens, int CompletionTokens, double PrefillSeconds, double DecodeSeconds, int Passes, long Drafted, long Accepted,
    double? PlainStepSeconds)
{
    /// <summary>Text tokens of the prompt a second.</summary>
    public double PrefillTokensPerSecond => PromptTokens / PrefillSeconds;

    /// <summary>Text tokens a second after the first, which the prompt's pass gives; null for a single one.</summary>
    public double? DecodeTokensPerSecond => CompletionTokens > 1 ? (CompletionTokens - 1) / DecodeSeconds : null;

    /// <summary>The share of guesses that were right; null where nothing was guessed.</summary>
    public double? Acceptance => Drafted > 0 ? (double)Accepted / Drafted : null;

    /// <summary>How many times faster than without drafts; null where that was not measured.</summary>
    public double? SpeedUp => PlainStepSeconds * (CompletionTokens - 1) / DecodeSeconds;
}
