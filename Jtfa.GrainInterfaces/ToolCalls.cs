using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtfa.Interfaces;

/// <summary>The call of a function, as a model wrote it.</summary>
/// <param name="Id">A name for it.</param>
/// <param name="Function">The function.</param>
/// <param name="Arguments">With what: JSON.</param>
public sealed record ToolCall(string Id, string Function, string Arguments);

/// <summary>How models write calls of functions: what must be one is held to a schema, what may be one stands between marks.</summary>
public static class ToolCalls
{
    // How models whose templates show tools write a call (Hermes, Qwen).
    private const string Begin = "<tool_call>";
    private const string End = "</tool_call>";

    /// <summary>The JSON schema of the call of one of some functions.</summary>
    /// <param name="functions">Each function's name, and the JSON schema of its arguments; null: any object.</param>
    public static string SchemaOf(IReadOnlyList<(string Name, JsonNode? Parameters)> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        var calls = functions.Select(function => (JsonNode)SchemaOf(function.Name, function.Parameters)).ToArray();
        return (calls is [var only] ? only : new JsonObject { ["anyOf"] = new JsonArray(calls) }).ToJsonString();
    }

    /// <summary>How much of a text's begin is certainly no call.</summary>
    public static int TellableOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.IndexOf(Begin, StringComparison.Ordinal) is >= 0 and var at) return at;
        for (var length = Math.Min(Begin.Length - 1, text.Length); length > 0; length--)
            if (Begin.StartsWith(text[^length..], StringComparison.Ordinal)) return text.Length - length;
        return text.Length;
    }

    /// <summary>Takes calls out of what a model said.</summary>
    /// <param name="text">The text; what is left of it is told beside the calls.</param>
    /// <param name="isCall">Whether the whole text is a call.</param>
    public static IReadOnlyList<ToolCall> Take(ref string text, bool isCall)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (isCall)
        {
            if (CallOf(text) is not { } only) return [];
            text = "";
            return [only];
        }

        var calls = new List<ToolCall>();
        for (int at; (at = text.IndexOf(Begin, StringComparison.Ordinal)) >= 0;)
        {
            var from = at + Begin.Length;
            var to = text.IndexOf(End, from, StringComparison.Ordinal);
            if (to < 0 || CallOf(text[from..to]) is not { } call) break;
            calls.Add(call);
            text = string.Concat(text.AsSpan(0, at).TrimEnd(), text.AsSpan(to + End.Length));
        }

        return calls;
    }

    private static ToolCall? CallOf(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject said && said["name"] is JsonValue name && name.TryGetValue<string>(out var function)
                ? new($"call_{Guid.NewGuid():N}", function, (said["arguments"] ?? said["parameters"])?.ToJsonString() ?? "{}")
                : null;
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException)
        {
            return null; // the model did not write a call
        }
    }

    private static JsonObject SchemaOf(string name, JsonNode? parameters) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["name"] = new JsonObject { ["const"] = name },
            ["arguments"] = parameters?.DeepClone() ?? new JsonObject { ["type"] = "object" },
        },
        ["required"] = new JsonArray("name", "arguments"),
        ["additionalProperties"] = false,
    };
}
