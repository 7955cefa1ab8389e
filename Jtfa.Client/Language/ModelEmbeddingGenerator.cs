using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>A model that gives embeddings, whichever way it is asked.</summary>
/// <param name="owner">The client that it is of, which <see cref="GetService"/> also gives.</param>
/// <param name="address">Where the model is; null: in the cluster.</param>
/// <param name="model">The model.</param>
internal abstract class ModelEmbeddingGenerator(ILanguageClient owner, Uri? address, string model)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    // Texts of one request, so that it is answered before it is taken for lost.
    private const int Together = 32;

    private readonly EmbeddingGeneratorMetadata _metadata = new("jtfa", address, model);

    /// <inheritdoc/>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var asked = options?.ModelId ?? model;
        var all = new GeneratedEmbeddings<Embedding<float>>();
        long tokens = 0;
        foreach (var texts in values.Chunk(Together))
        {
            var (vectors, counted) = await EmbedAsync(asked, texts, options?.Dimensions, cancellationToken);
            tokens += counted;
            all.AddRange(vectors.Select(vector => new Embedding<float>(vector) { ModelId = asked }));
        }

        all.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return all;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType.IsInstanceOfType(this) ? this
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(owner) ? owner
            : null;
    }

    /// <summary>Does nothing: the connections are the owner's.</summary>
    public void Dispose()
    {
    }

    /// <summary>The vectors of texts, and how many text tokens these have together.</summary>
    protected abstract Task<(IReadOnlyList<float[]> Vectors, long Tokens)> EmbedAsync(
        string model, string[] texts, int? dimensions, CancellationToken cancellationToken);
}
