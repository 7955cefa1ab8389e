using Jtfa.Interfaces;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;

namespace Jtfa.Silo.Language;

/// <summary>A language model in memory that gives embeddings.</summary>
internal sealed class EmbeddingModel : LoadedModel
{
    private readonly TextEmbedder _embedder;
    private readonly Lock _gate = new();

    private EmbeddingModel(TextEmbedder embedder, long bytes, TimeProvider clock)
        : base(embedder.Tokenizer, clock.GetUtcNow()) => (_embedder, Bytes) = (embedder, bytes);

    /// <inheritdoc />
    public override long Bytes { get; }

    /// <inheritdoc />
    public override int LongestText => _embedder.LongestText;

    /// <inheritdoc />
    public override IReadOnlyList<StageOptions> StagesFrom(string starter) => [];

    /// <summary>Loads a model.</summary>
    public static EmbeddingModel Load(ModelOptions options, Workers workers, TimeProvider clock) =>
        new(TextEmbedder.Load(options.File, workers), new FileInfo(options.File).Length, clock);

    /// <inheritdoc />
    public override Embedded Embed(string[] texts)
    {
        var all = texts.Select(_embedder.Tokens).ToList();
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].Length == 0) return new(Refused($"Text {i} is empty."), [], 0);
            if (all[i].Length > LongestText)
                return new(Refused($"Text {i} has {all[i].Length} text tokens, and one may have {LongestText}: shorten it."), [], 0);
        }

        var vectors = new float[all.Count][];
        for (var i = 0; i < all.Count; i++)
        {
            lock (_gate) vectors[i] = _embedder.Embed(all[i]);
        }

        return new(new(), vectors, all.Sum(tokens => tokens.Length));
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        lock (_gate) _embedder.Dispose();
    }
}
