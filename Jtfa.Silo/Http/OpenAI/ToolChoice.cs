using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>The tools of a chat, and whether one of them must be called.</summary>
/// <param name="Tools">The tools, as the model's template has them.</param>
/// <param name="Schema">What a call must be, where one must be made; null: the model decides.</param>
internal sealed record ToolChoice(JsonElement Tools, string? Schema)
{
    // How models whose templates show tools write a call (Hermes, Qwen).
    private const string Begin = "<tool_call>";
    private const string End = "</tool_call>";

    /// <summary>Reads them; null where there are none, or none may be called.</summary>
    /// <exception cref="ApiFault">They are wrong.</exception>
    public static ToolChoice? Read(RequestBody body)
    {
        if (body.Element("tools") is not { } tools) return null;
        if (tools.ValueKind != JsonValueKind.Array) throw body.Wrong("tools", "an array of functions");
        var calls = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var tool in tools.EnumerateArray())
        {
            if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("function", out var function)
                || function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("name", out var named)
                || RequestBody.TextOf(named) is not { Length: > 0 } name)
                throw body.Wrong("tools", "functions with a name, such as {\"type\":\"function\",\"function\":{\"name\":…}}");
            calls[name] = CallOf(name, function);
        }

        if (calls.Count == 0) return null;
        if (body.Element("tool_choice") is not { } choice) return new(tools, null);
        switch (RequestBody.TextOf(choice))
        {
            case "none": return null;
            case "auto": return new(tools, null);
            case "required": return new(tools, new JsonObject { ["anyOf"] = new JsonArray([.. calls.Values]) }.ToJsonString());
        }

        if (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("function", out var chosen)
            && chosen.ValueKind == JsonValueKind.Object && chosen.TryGetProperty("name", out var wanted)
            && RequestBody.TextOf(wanted) is { } tool1 && calls.TryGetValue(tool1, out var only))
            return new(tools, only.ToJsonString());
        throw body.Wrong("tool_choice", "none, auto, required, or one of the tools by its name");
    }

    /// <summary>How much of a text's begin is certainly no call.</summary>
    public static int TellableOf(string text)
    {
        if (text.IndexOf(Begin, StringComparison.Ordinal) is >= 0 and var at) return at;
        for (var length = Math.Min(Begin.Length - 1, text.Length); length > 0; length--)
            if (Begin.StartsWith(text[^length..], StringComparison.Ordinal)) return text.Length - length;
        return text.Length;
    }

    /// <summary>Takes calls out of what a model said.</summary>
    /// <param name="text">The text; what is left of it is told beside the calls.</param>
    /// <param name="isCall">Whether the whole text is a call.</param>
    /// <returns>OpenAI's <c>tool_calls</c>; null where there are none.</returns>
    public static JsonArray? TakeCalls(ref string text, bool isCall)
    {
        var calls = new JsonArray();
        if (isCall)
        {
            if (CallOf(text) is { } call) calls.Add(call);
            text = calls.Count > 0 ? "" : text;
            return calls.Count > 0 ? calls : null;
        }

        for (int at; (at = text.IndexOf(Begin, StringComparison.Ordinal)) >= 0;)
        {
            var from = at + Begin.Length;
            var to = text.IndexOf(End, from, StringComparison.Ordinal);
            if (to < 0 || CallOf(text[from..to]) is not { } call) break;
            calls.Add(call);
            text = string.Concat(text.AsSpan(0, at).TrimEnd(), text.AsSpan(to + End.Length));
        }

        return calls.Count > 0 ? calls : null;
    }

    private static JsonObject? CallOf(string text)
    {
        try
        {
            if (JsonNode.Parse(text) is not JsonObject said || said["name"] is not JsonValue name
                || !name.TryGetValue<string>(out var function)) return null;
            var arguments = said["arguments"] ?? said["parameters"];
            return new JsonObject
            {
                ["id"] = $"call_{Guid.NewGuid():N}",
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = function, ["arguments"] = arguments?.ToJsonString() ?? "{}" },
            };
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException)
        {
            return null; // the model did not write a call
        }
    }

    private static JsonObject CallOf(string name, JsonElement function) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["name"] = new JsonObject { ["const"] = name },
            ["arguments"] = function.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object
                ? JsonNode.Parse(parameters.GetRawText())
                : new JsonObject { ["type"] = "object" },
        },
        ["required"] = new JsonArray("name", "arguments"),
        ["additionalProperties"] = false,
    };
}
