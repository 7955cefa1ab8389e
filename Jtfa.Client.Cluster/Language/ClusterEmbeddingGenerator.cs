using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>A model that gives embeddings, asked by its grain.</summary>
internal sealed class ClusterEmbeddingGenerator(ClusterJtfaClient owner, IClusterClient cluster, ClusterCalls calls, string model)
    : ModelEmbeddingGenerator(owner, null, model)
{
    /// <inheritdoc/>
    protected override async Task<(IReadOnlyList<float[]> Vectors, long Tokens)> EmbedAsync(
        string model, string[] texts, int? dimensions, CancellationToken cancellationToken)
    {
        if (dimensions is not null)
            throw new JtfaInvalidValueException(ClusterCalls.Address, "'dimensions' is not supported: leave it out.");
        var told = await calls.AskAsync(
            async token =>
            {
                var embedded = await cluster.GetGrain<IModelGrain>(model).EmbedAsync(texts, token);
                ClusterCalls.ThrowUnlessAccepted(embedded.Start);
                return embedded;
            },
            cancellationToken);
        return (told.Vectors, told.Tokens);
    }
}
