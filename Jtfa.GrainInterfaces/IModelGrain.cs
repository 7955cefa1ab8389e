using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>One language model. Key: its name. It is on the silo whose configuration names the model.</summary>
[Alias("Jtfa.IModelGrain")]
[ForClients]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>How it is doing; null where the configuration does not name it.</summary>
    [Alias("GetStatus")]
    [AlwaysInterleave]
    Task<ModelStatus?> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>Loads it, unless it is loaded; completes when it answers or has failed.</summary>
    [Alias("Load")]
    [AlwaysInterleave]
    [ResponseTimeout(JtfaNames.LoadingTimeout)]
    Task<ModelStatus?> LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends its texts and frees its memory; the next request loads it again.</summary>
    [Alias("Unload")]
    [AlwaysInterleave]
    Task<ModelStatus?> UnloadAsync(CancellationToken cancellationToken = default);

    /// <summary>The text tokens of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecial">Whether those that begin and end a text are added, where the model expects them.</param>
    /// <param name="parseSpecial">Whether names of special text tokens in the text stand for these.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    [Alias("Tokenize")]
    [AlwaysInterleave]
    [ResponseTimeout(JtfaNames.LoadingTimeout)]
    Task<Tokenized> TokenizeAsync(string text, bool addSpecial, bool parseSpecial, CancellationToken cancellationToken = default);

    /// <summary>What text tokens say.</summary>
    [Alias("Detokenize")]
    [AlwaysInterleave]
    [ResponseTimeout(JtfaNames.LoadingTimeout)]
    Task<Detokenized> DetokenizeAsync(int[] tokens, CancellationToken cancellationToken = default);

    /// <summary>The vectors of texts, of a model that gives embeddings.</summary>
    [Alias("Embed")]
    [AlwaysInterleave]
    [ResponseTimeout(JtfaNames.LoadingTimeout)]
    Task<Embedded> EmbedAsync(string[] texts, CancellationToken cancellationToken = default);
}

/// <summary>The vectors of texts, or why there are none.</summary>
/// <param name="Start">What became of the request.</param>
/// <param name="Vectors">A vector of length 1 for each text.</param>
/// <param name="Tokens">Text tokens of all texts.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.Embedded")]
public sealed record Embedded([property: Id(0)] TextStart Start, [property: Id(1)] float[][] Vectors, [property: Id(2)] int Tokens);

/// <summary>The text tokens of a text, or why there are none.</summary>
/// <param name="Start">What became of the request.</param>
/// <param name="Tokens">The text tokens.</param>
/// <param name="Pieces">What each adds to the text, in UTF-8; empty for structure.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.Tokenized")]
public sealed record Tokenized(
    [property: Id(0)] TextStart Start, [property: Id(1)] int[] Tokens, [property: Id(2)] byte[][] Pieces);

/// <summary>What text tokens say, or why that is not known.</summary>
/// <param name="Start">What became of the request.</param>
/// <param name="Text">The text.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.Detokenized")]
public sealed record Detokenized([property: Id(0)] TextStart Start, [property: Id(1)] string Text);
