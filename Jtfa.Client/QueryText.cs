using System.Globalization;
using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>Writes what follows the question mark of a URL.</summary>
internal static class QueryText
{
    /// <summary>A query of the log, without its scene.</summary>
    public static string Format(DecisionQuery query) => Format(
    [
        ("from", query.From), ("to", query.To), ("fromId", query.FromId), ("toId", query.ToId), ("cause", query.Cause),
        ("pred", query.Pred),
        ("correct", query.Correct is { } correct ? (correct ? "true" : "false") : null), ("order", query.OldestFirst ? "oldest" : "newest"),
        ("limit", query.Limit), ("cursor", query.Cursor),
    ]);

    /// <summary>Parameters; those that are null are left out.</summary>
    public static string Format((string Name, object? Value)[] parameters)
    {
        var given = parameters.Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(Text(parameter.Value!))}");
        return $"?{string.Join('&', given)}";
    }

    private static string Text(object value) => value is DateTimeOffset time
        ? time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)
        : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
