using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtfa.Silo.Tests.Http;

/// <summary>
/// The API as its own document tells it: the operations, and whether an answer is as they say (JSON Schema, the part that it uses).
/// </summary>
internal sealed class OpenApiDocument(JsonNode root)
{
    public JsonNode Root => root;

    public IEnumerable<(string Path, string Method, JsonNode Operation)> Operations =>
        from path in root["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select (path.Key, method.Key, method.Value!);

    public static async Task<OpenApiDocument> GetAsync(HttpClient client) =>
        new(JsonNode.Parse(await client.GetStringAsync("/openapi/v1.json", TestContext.Current.CancellationToken))!);

    /// <summary>What an answer has that the operation does not tell, and lacks that it does; empty when it is as told.</summary>
    public List<string> Faults(JsonNode operation, int status, string? mediaType, string body)
    {
        if (operation["responses"]![$"{status}"] is not { } response) return [$"status {status} is not told"];
        if (mediaType is null && body.Length == 0 && response["content"] is null) return [];
        if (response["content"]?[mediaType ?? ""]?["schema"] is not { } schema) return [$"{mediaType} of status {status} is not told"];
        if (mediaType == "text/event-stream") return [];
        var faults = new List<string>();
        Check(schema, JsonNode.Parse(body), "$", faults);
        return faults;
    }

    private void Check(JsonNode schema, JsonNode? value, string at, List<string> faults)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            Check(root["components"]!["schemas"]![reference.Split('/')[^1]]!, value, at, faults);
            return;
        }

        if (schema["oneOf"] is JsonArray choices)
        {
            var tries = choices.Select(choice =>
            {
                var found = new List<string>();
                Check(choice!, value, at, found);
                return found;
            });
            if (tries.All(found => found.Count > 0)) faults.Add($"{at}: none of the choices");
            return;
        }

        CheckType(schema, value, at, faults);
        if (schema["enum"] is JsonArray names && !names.Any(name => JsonNode.DeepEquals(name, value)))
            faults.Add($"{at}: {value} is not one of {names.ToJsonString()}");
        if (value is JsonArray items && schema["items"] is { } item)
            for (var i = 0; i < items.Count; i++) Check(item, items[i], $"{at}[{i}]", faults);
        if (value is JsonObject members) CheckMembers(schema, members, at, faults);
    }

    private void CheckMembers(JsonNode schema, JsonObject members, string at, List<string> faults)
    {
        var properties = schema["properties"] as JsonObject ?? [];
        foreach (var required in schema["required"]?.AsArray() ?? [])
            if (!members.ContainsKey((string)required!)) faults.Add($"{at}: {required} is missing");
        foreach (var (name, member) in members)
        {
            if (properties[name] is { } property) Check(property, member, $"{at}.{name}", faults);
            else if (properties["title"] is null) faults.Add($"{at}: {name} is not told"); // problem details may have more
        }
    }

    private static void CheckType(JsonNode schema, JsonNode? value, string at, List<string> faults)
    {
        string[] types = schema["type"] switch
        {
            JsonArray several => [.. several.Select(type => (string)type!)],
            { } one => [(string)one!],
            null => [],
        };
        var kind = value?.GetValueKind() switch
        {
            null or JsonValueKind.Null => "null",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number => value.AsValue().TryGetValue<long>(out _) ? "integer" : "number",
            JsonValueKind.String => "string",
            JsonValueKind.Array => "array",
            _ => "object",
        };
        if (types.Length > 0 && !types.Contains(kind) && !(kind == "integer" && types.Contains("number")))
            faults.Add($"{at}: {kind} instead of {string.Join(" or ", types)}");
    }
}
