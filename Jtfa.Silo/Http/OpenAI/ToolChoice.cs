using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>The tools of a chat, and whether one of them must be called.</summary>
/// <param name="Tools">The tools, as the model's template has them.</param>
/// <param name="Schema">What a call must be, where one must be made; null: the model decides.</param>
internal sealed record ToolChoice(JsonElement Tools, string? Schema)
{
    /// <summary>Reads them; null where there are none, or none may be called.</summary>
    /// <exception cref="ApiFault">They are wrong.</exception>
    public static ToolChoice? Read(RequestBody body)
    {
        if (body.Element("tools") is not { } tools) return null;
        if (tools.ValueKind != JsonValueKind.Array) throw body.Wrong("tools", "an array of functions");
        var known = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var tool in tools.EnumerateArray())
        {
            if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("function", out var function)
                || function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("name", out var named)
                || RequestBody.TextOf(named) is not { Length: > 0 } name)
                throw body.Wrong("tools", "functions with a name, such as {\"type\":\"function\",\"function\":{\"name\":…}}");
            known[name] = function.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object
                ? JsonNode.Parse(parameters.GetRawText())
                : null;
        }

        if (known.Count == 0) return null;
        if (body.Element("tool_choice") is not { } choice) return new(tools, null);
        switch (RequestBody.TextOf(choice))
        {
            case "none": return null;
            case "auto": return new(tools, null);
            case "required": return new(tools, ToolCalls.SchemaOf([.. known.Select(tool => (tool.Key, tool.Value))]));
        }

        if (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("function", out var chosen)
            && chosen.ValueKind == JsonValueKind.Object && chosen.TryGetProperty("name", out var wanted)
            && RequestBody.TextOf(wanted) is { } only && known.TryGetValue(only, out var taken))
            return new(tools, ToolCalls.SchemaOf([(only, taken)]));
        throw body.Wrong("tool_choice", "none, auto, required, or one of the tools by its name");
    }

    /// <summary>Takes calls out of what a model said, as OpenAI's <c>tool_calls</c>; null where there are none.</summary>
    /// <param name="text">The text; what is left of it is told beside the calls.</param>
    /// <param name="isCall">Whether the whole text is a call.</param>
    public static JsonArray? TakeCalls(ref string text, bool isCall)
    {
        var calls = ToolCalls.Take(ref text, isCall);
        return calls.Count > 0 ? new JsonArray([.. calls.Select(JsonOf)]) : null;
    }

    private static JsonNode JsonOf(ToolCall call) => new JsonObject
    {
        ["id"] = call.Id,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Function, ["arguments"] = call.Arguments },
    };
}
