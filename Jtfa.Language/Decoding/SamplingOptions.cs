namespace Jtfa.Language.Decoding;

/// <summary>
/// How the next text token is chosen from a model's logits. The defaults choose from the model's own distribution. The steps, in this
/// order:
/// <list type="number">
/// <item>what a constraint (JSON) forbids is taken out;</item>
/// <item><see cref="LogitBias"/> is added (as OpenAI's <c>logit_bias</c>);</item>
/// <item><see cref="RepetitionPenalty"/>, <see cref="FrequencyPenalty"/> and <see cref="PresencePenalty"/> over the last
/// <see cref="PenaltyWindow"/> text tokens, prompt included (as llama.cpp's <c>penalties</c>; the latter two are OpenAI's formula);</item>
/// <item><see cref="Temperature"/> 0: the largest logit is taken, and of equal ones the lowest id. <see cref="Fsd"/>: the best score is
/// taken. Else:</item>
/// <item><see cref="TopK"/>, <see cref="TopP"/>, <see cref="MinP"/>, each over what the one before it left;</item>
/// <item>the logits are divided by <see cref="Temperature"/> and one text token is drawn.</item>
/// </list>
/// That truncation comes before the temperature is llama.cpp's default order; a high temperature then does not bring unlikely text back.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>What may be added to a logit or taken from it, at most.</summary>
    public const double MostBias = 1e6;

    /// <summary>Makes the distribution sharper (below 1) or flatter (above 1); 0 always takes the likeliest.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the so many likeliest are left; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest that together reach this probability are left (Holtzman et al. 2020); 1: all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only those are left that are at least so likely as a part of the likeliest (Nguyen et al. 2024); 0: all.</summary>
    public double MinP { get; init; }

    /// <summary>
    /// Positive logits of text tokens of the window are divided by this and negative ones multiplied (Keskar et al. 2019, with llama.cpp's
    /// correction for negative ones); 1: none.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Is taken from the logits of text tokens of the window once; 0: none.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Is taken from the logits of text tokens of the window as often as they are in it; 0: none.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>The last text tokens that the three penalties look at; -1: all.</summary>
    public int PenaltyWindow { get; init; } = 64;

    /// <summary>What is added to the logits of ids; negative infinity forbids one.</summary>
    public IReadOnlyDictionary<int, double>? LogitBias { get; init; }

    /// <summary>The seed; null: one is drawn, and <see cref="Sampler.Seed"/> tells it.</summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// Frustratingly Simple Decoding; null: off. It chooses without chance, so temperature, top-k, top-p and min-p have no part in it.
    /// </summary>
    public FsdOptions? Fsd { get; init; }

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (!(Temperature is >= 0 and <= 100)) yield return $"Temperature={Temperature}: allowed is 0 … 100";
        if (TopK < 0) yield return $"TopK={TopK}: allowed is 0 (all) or more";
        if (!(TopP is >= 0 and <= 1)) yield return $"TopP={TopP}: allowed is 0 … 1";
        if (!(MinP is >= 0 and <= 1)) yield return $"MinP={MinP}: allowed is 0 … 1";
        if (!(RepetitionPenalty is > 0 and <= 100)) yield return $"RepetitionPenalty={RepetitionPenalty}: allowed is above 0 … 100";
        if (!(PresencePenalty is >= -100 and <= 100)) yield return $"PresencePenalty={PresencePenalty}: allowed is -100 … 100";
        if (!(FrequencyPenalty is >= -100 and <= 100)) yield return $"FrequencyPenalty={FrequencyPenalty}: allowed is -100 … 100";
        if (PenaltyWindow < -1) yield return $"PenaltyWindow={PenaltyWindow}: allowed is -1 (all) or more";
        foreach (var (id, bias) in LogitBias ?? new Dictionary<int, double>())
        {
            if (id < 0) yield return $"LogitBias[{id}]={bias}: allowed are ids of 0 or more";
            if (!(bias is >= -MostBias and <= MostBias || double.IsNegativeInfinity(bias)))
                yield return $"LogitBias[{id}]={bias}: allowed is -1000000 … 1000000, or negative infinity";
        }
        if (Fsd is null) yield break;
        foreach (var fault in Fsd.Faults()) yield return $"Fsd.{fault}";
    }
}

/// <summary>
/// Frustratingly Simple Decoding (Yang et al., "A Frustratingly Simple Decoding Method for Neural Text Generation", 2023): of the
/// <see cref="Candidates"/> likeliest, the one with the largest (1 - α) p - α q is taken, where p is the model's probability and q that of
/// a language model of n-grams made from the text so far. The defaults are those of the authors' program for English.
/// </summary>
public sealed record FsdOptions
{
    /// <summary>α: how much repetition counts.</summary>
    public double Alpha { get; init; } = 0.65;

    /// <summary>k: the likeliest among which it chooses.</summary>
    public int Candidates { get; init; } = 3;

    /// <summary>n: the longest n-gram.</summary>
    public int Order { get; init; } = 3;

    /// <summary>β: the share that the longest n-gram takes of what is left to it.</summary>
    public double Beta { get; init; } = 0.9;

    internal IEnumerable<string> Faults()
    {
        if (!(Alpha is >= 0 and <= 1)) yield return $"Alpha={Alpha}: allowed is 0 … 1";
        if (Candidates is < 1 or > 1024) yield return $"Candidates={Candidates}: allowed is 1 … 1024";
        if (Order is < 1 or > 16) yield return $"Order={Order}: allowed is 1 … 16";
        if (!(Beta is >= 0 and <= 1)) yield return $"Beta={Beta}: allowed is 0 … 1";
    }
}
