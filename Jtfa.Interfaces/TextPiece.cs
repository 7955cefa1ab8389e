namespace Jtfa.Interfaces;

/// <summary>What one text token adds to a text; the last piece has the text's <see cref="End"/> and no text token.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.TextPiece")]
public sealed record TextPiece
{
    /// <summary>The text that is decided by it; may be empty.</summary>
    [Id(0)] public string Text { get; init; } = "";

    /// <summary>The text token; null in the last piece.</summary>
    [Id(1)] public int? Token { get; init; }

    /// <summary>Its probability; null where it was not asked for.</summary>
    [Id(2)] public TokenChance? Chance { get; init; }

    /// <summary>The likeliest text tokens, in order; empty where they were not asked for.</summary>
    [Id(3)] public TokenChance[] Likeliest { get; init; } = [];

    /// <summary>The text's end; null while it goes on.</summary>
    [Id(4)] public TextEnd? End { get; init; }
}

/// <summary>A text token and how likely it was.</summary>
/// <param name="Token">The text token.</param>
/// <param name="Bytes">What it adds to a text, in UTF-8; a character may be cut.</param>
/// <param name="LogProbability">The natural logarithm of its probability.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.TokenChance")]
public sealed record TokenChance(
    [property: Id(0)] int Token, [property: Id(1)] byte[] Bytes, [property: Id(2)] double LogProbability);

/// <summary>How a text came to its end.</summary>
public enum TextFinish
{
    /// <summary>The model ended it, a stop string came, or its JSON document is whole.</summary>
    Stop,

    /// <summary>It has as many text tokens as it may have.</summary>
    Length,

    /// <summary>Its reader cancelled it.</summary>
    Cancelled,

    /// <summary>Its reader went away without a word, or did not read for too long.</summary>
    Abandoned,

    /// <summary>It could not be computed; the fault says why.</summary>
    Failed,

    /// <summary>The silo stopped, or the model was unloaded, before its end.</summary>
    ShutDown,
}

/// <summary>A text's end, and what it cost.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.TextEnd")]
public sealed record TextEnd
{
    /// <summary>How it came.</summary>
    [Id(0)] public TextFinish Finish { get; init; }

    /// <summary>One line that says why the text is not whole; null where it is, and where its reader cancelled it.</summary>
    [Id(1)] public string? Fault { get; init; }

    /// <summary>Text tokens of its prompt.</summary>
    [Id(2)] public int PromptTokens { get; init; }

    /// <summary>Those of them that an earlier text of its owner had computed.</summary>
    [Id(3)] public int CachedTokens { get; init; }

    /// <summary>Text tokens of the answer.</summary>
    [Id(4)] public int CompletionTokens { get; init; }

    /// <summary>Submitted → first text token (TTFT), seconds; null: there was none.</summary>
    [Id(5)] public double? TimeToFirstToken { get; init; }

    /// <summary>Mean time of a text token after the first (TPOT), seconds; null: there was none.</summary>
    [Id(6)] public double? TimePerOutputToken { get; init; }

    /// <summary>Submitted → ended (JCT), seconds.</summary>
    [Id(7)] public double JobCompletionTime { get; init; }
}
