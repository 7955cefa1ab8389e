using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Jtfa.Client;

/// <summary>A model that gives embeddings, asked by OpenAI's API.</summary>
internal sealed class HttpEmbeddingGenerator(HttpJtfaClient owner, HttpCalls calls, string model)
    : ModelEmbeddingGenerator(owner, calls.UrlOf("v1"), model)
{
    /// <inheritdoc/>
    protected override async Task<(IReadOnlyList<float[]> Vectors, long Tokens)> EmbedAsync(
        string model, string[] texts, int? dimensions, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["input"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]),
            ["encoding_format"] = "base64",
        };
        if (dimensions is { } wanted) body["dimensions"] = wanted;
        var told = await calls.PostAsync<Told>("v1/embeddings", body, cancellationToken);
        return told.Data.Length == texts.Length
            ? (told.Data.Select(one => MemoryMarshal.Cast<byte, float>(one.Embedding).ToArray()).ToList(), told.Usage.PromptTokens)
            : throw calls.InvalidAnswer($"{told.Data.Length} embeddings of {texts.Length} texts");
    }

    private sealed record Told(Vector[] Data, Cost Usage);

    private sealed record Vector(byte[] Embedding); // JSON has base64 for bytes

    private sealed record Cost([property: JsonPropertyName("prompt_tokens")] long PromptTokens);
}
