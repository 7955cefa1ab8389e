using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>
/// A request's body: a JSON object whose members are of the kind that is asked for, or the caller is told which is not. Members that
/// nothing asks for are left alone, as OpenAI's clients send many.
/// </summary>
internal readonly struct RequestBody
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    private readonly JsonElement _object;
    private readonly string _path;

    private RequestBody(JsonElement @object, string path) => (_object, _path) = (@object, path);

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="ApiFault">It is no JSON object.</exception>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var document = await ParseAsync(request, cancellationToken);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw ApiFault.Wrong("The body is not a JSON object.");
        return IsWhole(document.RootElement) ? new(document.RootElement.Clone(), "") : throw Half();
    }

    /// <summary>A member; null where it is absent or null.</summary>
    public JsonElement? Element(string name) =>
        _object.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            ? value
            : null;

    /// <summary>A member that is an object; null where it is absent.</summary>
    public RequestBody? Object(string name)
    {
        if (Element(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Object ? new(value, $"{_path}{name}.") : throw Wrong(name, "an object");
    }

    /// <summary>A text; null where it is absent.</summary>
    public string? Text(string name) => Element(name) is { } value ? TextOf(value) ?? throw Wrong(name, "a text") : null;

    /// <summary>A text that must be there.</summary>
    public string RequiredText(string name) => Text(name) ?? throw Missing(name);

    /// <summary>Yes or no; null where it is absent.</summary>
    public bool? Flag(string name) => Element(name) is { } value
        ? value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false")
        : null;

    /// <summary>A number; null where it is absent.</summary>
    public double? Number(string name) => Element(name) is { } value
        ? value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(name, "a number")
        : null;

    /// <summary>A whole number; null where it is absent.</summary>
    public long? Whole(string name, long least, long most) => Element(name) is { } value
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name, $"a whole number, {least} … {most}")
        : null;

    /// <summary>One text or several; none where it is absent.</summary>
    public string[] Texts(string name)
    {
        if (Element(name) is not { } value) return [];
        if (TextOf(value) is { } one) return [one];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, "a text or several");
        var all = new List<string>();
        foreach (var item in value.EnumerateArray()) all.Add(TextOf(item) ?? throw Wrong(name, "a text or several"));
        return [.. all];
    }

    /// <summary>Text tokens; null where the value is something else.</summary>
    public static int[]? TokensOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) return null;
        var tokens = new int[value.GetArrayLength()];
        var next = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out var token)) return null;
            tokens[next++] = token;
        }

        return tokens;
    }

    /// <summary>A text; null where the value is none.</summary>
    public static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A member that is not of its kind.</summary>
    public ApiFault Wrong(string name, string allowed) => ApiFault.Wrong($"'{_path}{name}': allowed is {allowed}.", $"{_path}{name}");

    // Names and texts are read where they are needed, and only then found to be broken: looked at here once for all.
    private static bool IsWhole(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() is not null,
                JsonValueKind.Array => value.EnumerateArray().All(IsWhole),
                JsonValueKind.Object => value.EnumerateObject().All(member => member.Name is not null && IsWhole(member.Value)),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<JsonDocument> ParseAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonDocument.ParseAsync(request.Body, s_strict, cancellationToken);
        }
        catch (InvalidOperationException)
        {
            throw Half(); // in a name, which was compared with others
        }
    }

    private static ApiFault Half() => ApiFault.Wrong("A text of the body has half of a surrogate pair: send whole characters.");

    private ApiFault Missing(string name) => ApiFault.Wrong($"'{_path}{name}' is missing: give it, too.", $"{_path}{name}");
}
