namespace Jtfa.Interfaces;

/// <summary>Whether a language model can answer.</summary>
public enum ModelState
{
    /// <summary>It takes no memory; the first request loads it.</summary>
    Unloaded,

    /// <summary>Its file is being read.</summary>
    Loading,

    /// <summary>It answers.</summary>
    Loaded,

    /// <summary>It could not be loaded; the next request tries again.</summary>
    Failed,
}

/// <summary>How a language model is doing at this moment.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.ModelStatus")]
public sealed record ModelStatus
{
    /// <summary>The model's name.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Whether it can answer.</summary>
    [Id(1)] public ModelState State { get; init; }

    /// <summary>Why it could not be loaded, or why its texts wait for a stage, one line; null where nothing failed.</summary>
    [Id(2)] public string? Fault { get; init; }

    /// <summary>When it was loaded; null while it is not.</summary>
    [Id(3)] public DateTimeOffset? LoadedAt { get; init; }

    /// <summary>Bytes of its weights and pages.</summary>
    [Id(4)] public long Bytes { get; init; }

    /// <summary>Text tokens of the longest text, prompt included.</summary>
    [Id(5)] public int LongestText { get; init; }

    /// <summary>Texts that are computed.</summary>
    [Id(6)] public int Running { get; init; }

    /// <summary>Texts that wait.</summary>
    [Id(7)] public int Waiting { get; init; }

    /// <summary>Pages of 16 text tokens.</summary>
    [Id(8)] public int Pages { get; init; }

    /// <summary>Pages that texts read.</summary>
    [Id(9)] public int PagesRead { get; init; }

    /// <summary>Pages that are remembered for texts that begin like theirs; whoever needs a page has them.</summary>
    [Id(10)] public int PagesRemembered { get; init; }

    /// <summary>Text tokens of prompts since it was loaded.</summary>
    [Id(11)] public long PromptTokens { get; init; }

    /// <summary>Text tokens of answers since it was loaded.</summary>
    [Id(12)] public long CompletionTokens { get; init; }

    /// <summary>Texts that stand still until their readers have read more.</summary>
    [Id(13)] public int Stalled { get; init; }

    /// <summary>Threads that compute all models of its silo, which take turns.</summary>
    [Id(14)] public int Threads { get; init; }

    /// <summary>Whether it gives embeddings and writes no text; known while it is loaded.</summary>
    [Id(15)] public bool GivesEmbeddings { get; init; }

    /// <summary>Bytes that weights and pages of all models of its silo may take.</summary>
    [Id(16)] public long MostBytes { get; init; }
}
