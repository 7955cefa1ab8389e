using System.Text.Json;

namespace Jtfa.Client;

/// <summary>Reads problem details (RFC 9457), and the faults of OpenAI's API.</summary>
internal static class Problem
{
    /// <summary>Whether an answer says that it is one.</summary>
    public static bool IsOne(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType == "application/problem+json";

    /// <summary>
    /// What it says, in a line: its detail, else its title, and the faults that these do not name; null when the answer is none.
    /// </summary>
    public static async Task<string?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var isOne = IsOne(response);
        if (!isOne && response.Content.Headers.ContentType?.MediaType != "application/json") return null;
        try
        {
            using var document = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            var problem = document.RootElement;
            if (!isOne)
            {
                return problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("error", out var fault)
                    ? Text(fault, "message")
                    : null;
            }

            var said = Text(problem, "detail") ?? Text(problem, "title") ?? "";
            var faults = Faults(problem).Where(fault => !said.Contains(fault, StringComparison.Ordinal)).ToList();
            return faults.Count == 0 ? said : $"{said.TrimEnd('.', ':')}: {string.Join("; ", faults)}";
        }
        catch (JsonException)
        {
            return null; // its content type is wrong: it is not JSON
        }
    }

    private static string? Text(JsonElement problem, string name) =>
        problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    // "errors" is a list of faults, or an object with a list for each member.
    private static IEnumerable<string> Faults(JsonElement problem) =>
        problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("errors", out var errors) ? Strings(errors) : [];

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Strings(member.Value)),
        _ => [],
    };
}
