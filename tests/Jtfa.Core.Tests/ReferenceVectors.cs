using System.Text.Json;

namespace Jtfa.Core.Tests;

/// <summary>Packets, decoded values and fusion results that the published scripts made (vectors/*.json).</summary>
internal static class ReferenceVectors
{
    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static ReferenceToken[] Tokens { get; } = Read<ReferenceToken[]>("reference-tokens.json");

    public static ReferenceFusion[] Fusions { get; } = Read<ReferenceFusion[]>("reference-fusion.json");

    private static T Read<T>(string name)
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "vectors", name));
        return JsonSerializer.Deserialize<T>(file, s_options) ?? throw new InvalidDataException($"{name} holds null.");
    }
}
