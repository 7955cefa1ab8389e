using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Jtfa.Core;

namespace Jtfa.Silo.Scenes;

/// <summary>
/// Names the model of a folder so that two differ where their tokens do: the model's name, <c>@</c>, and twelve hexadecimal digits of
/// SHA-256 over the backbone, the projection, and how the backbone is fed (docs/model.md). What a head or its classes are called makes no
/// difference.
/// </summary>
internal static class ModelFingerprint
{
    private const int DigestBytes = 6;

    // As lenient as those are who read the file for its content.
    private static readonly JsonDocumentOptions s_json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The fingerprint of the model in a folder.</summary>
    /// <param name="folder">The folder of model.json.</param>
    /// <returns>At most <see cref="TokenPacket.MaxModelBytes"/> bytes; null where the folder has no model, or not all of it.</returns>
    public static string? Of(string folder)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, "model.json"));
            using var description = JsonDocument.Parse(file, s_json);
            var model = description.RootElement;
            if (Text(model, "backbone") is not { Length: > 0 } backbone) return null;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            AddFile(hash, Path.Combine(folder, backbone));
            if (Text(model, "pca") is { Length: > 0 } pca) AddFile(hash, Path.Combine(folder, pca));
            var fed = new StringBuilder(Text(model, "output"));
            if (Find(model, "input") is { } input) Write(fed, input);
            hash.AppendData(Encoding.UTF8.GetBytes(fed.ToString()));
            var digest = Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, DigestBytes));
            return Text(model, "name") is { Length: > 0 } name
                ? $"{Shorten(name, TokenPacket.MaxModelBytes - digest.Length - 1)}@{digest}"
                : digest;
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The part by which two are compared: a model may be called otherwise elsewhere.</summary>
    public static ReadOnlySpan<byte> Digest(ReadOnlySpan<byte> fingerprint) => fingerprint[(fingerprint.LastIndexOf((byte)'@') + 1)..];

    private static void AddFile(IncrementalHash hash, string path)
    {
        using var file = File.OpenRead(path);
        hash.AppendData(SHA256.HashData(file));
    }

    private static string Shorten(string name, int bytes)
    {
        var length = 0;
        foreach (var letter in name.EnumerateRunes())
        {
            bytes -= letter.Utf8SequenceLength;
            if (bytes < 0) break;
            length += letter.Utf16SequenceLength;
        }

        return name[..length];
    }

    // Keys are read whatever their case is.
    private static JsonElement? Find(JsonElement map, string key)
    {
        foreach (var (name, value) in map.EnumerateObject().Select(entry => (entry.Name, entry.Value)))
            if (name.Equals(key, StringComparison.OrdinalIgnoreCase) && value.ValueKind != JsonValueKind.Null) return value;
        return null;
    }

    private static string? Text(JsonElement map, string key) => Find(map, key)?.GetString();

    // The same for the same values, however the file is laid out.
    private static void Write(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var entry in value.EnumerateObject().OrderBy(entry => entry.Name.ToLowerInvariant(), StringComparer.Ordinal))
                {
                    text.Append(entry.Name.ToLowerInvariant()).Append(':');
                    Write(text, entry.Value);
                    text.Append(';');
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Write(text, item);
                    text.Append(',');
                }

                break;
            case JsonValueKind.Number:
                text.Append(value.GetDouble().ToString("R", CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(value);
                break;
        }
    }
}
