namespace Jtfa.Interfaces;

/// <summary>What became of a request for a text.</summary>
public enum TextAnswer
{
    /// <summary>It is served.</summary>
    Accepted,

    /// <summary>No silo has a model of this name.</summary>
    UnknownModel,

    /// <summary>The request can never be served.</summary>
    Refused,

    /// <summary>As many texts run and wait as may: come again later.</summary>
    Busy,

    /// <summary>The model cannot answer now: it could not be loaded, or the silo stops.</summary>
    Unavailable,
}

/// <summary>What became of a request for a text, and why.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.TextStart")]
public sealed record TextStart
{
    /// <summary>What became of it.</summary>
    [Id(0)] public TextAnswer Answer { get; init; }

    /// <summary>Why it is not served, one line; null where it is.</summary>
    [Id(1)] public string? Fault { get; init; }

    /// <summary>When it may find a place; null where that is not known.</summary>
    [Id(2)] public TimeSpan? RetryAfter { get; init; }

    /// <summary>The seed of its random numbers.</summary>
    [Id(3)] public ulong Seed { get; init; }

    /// <summary>Text tokens of its prompt.</summary>
    [Id(4)] public int PromptTokens { get; init; }
}
