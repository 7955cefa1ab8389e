using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// What OpenTelemetry's names, units and attributes are called in Prometheus
/// (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/).
/// </summary>
internal static partial class PrometheusNames
{
    // UCUM's symbols.
    private static readonly FrozenDictionary<string, string> s_units = new Dictionary<string, string>
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["TiBy"] = "tebibytes",
        ["KBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["GBy"] = "gigabytes",
        ["TBy"] = "terabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["%"] = "percent",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> s_perUnits = new Dictionary<string, string>
    {
        ["s"] = "second",
        ["m"] = "minute",
        ["min"] = "minute",
        ["h"] = "hour",
        ["d"] = "day",
        ["w"] = "week",
        ["mo"] = "month",
        ["y"] = "year",
    }.ToFrozenDictionary();

    /// <summary>The name of a metric's family: valid characters, then its unit, then <c>_total</c> where it is a counter.</summary>
    /// <param name="name">The instrument's name.</param>
    /// <param name="unit">Its unit, in UCUM; may be empty.</param>
    /// <param name="type">A type of <see cref="PrometheusText"/>.</param>
    public static string Family(string name, string unit, string type)
    {
        var valid = Sanitize(name, allowsColon: true);
        if (type == PrometheusText.CounterType) valid = WithoutSuffix(valid, "total");
        valid = WithSuffix(valid, Unit(unit, type));
        return type == PrometheusText.CounterType ? WithSuffix(valid, "total") : valid;
    }

    /// <summary>
    /// Attributes as labels, <c>name="value"</c> with commas between. Where two names become the same, the values are put together, with
    /// a semicolon between, by order of the names.
    /// </summary>
    public static string Labels(IEnumerable<KeyValuePair<string, object?>> attributes)
    {
        var labels = attributes.OrderBy(attribute => attribute.Key, StringComparer.Ordinal)
            .GroupBy(attribute => Sanitize(attribute.Key, allowsColon: false), attribute => Text(attribute.Value))
            .Select(label => $"{label.Key}=\"{Escape(string.Join(';', label))}\"");
        return string.Join(',', labels);
    }

    private static string Unit(string unit, string type)
    {
        if (unit == "1") return type == PrometheusText.GaugeType ? "ratio" : "";
        var parts = Annotation().Replace(unit, "").Split('/', 2);
        var counted = Known(s_units, parts[0]);
        if (parts.Length == 1) return counted;
        var per = Known(s_perUnits, parts[1]);
        return per.Length == 0 ? counted : counted.Length == 0 ? $"per_{per}" : $"{counted}_per_{per}";
    }

    private static string Known(FrozenDictionary<string, string> units, string unit) =>
        unit.Length == 0 ? "" : units.GetValueOrDefault(unit) ?? Sanitize(unit, allowsColon: false).Trim('_');

    private static string WithSuffix(string name, string suffix) =>
        suffix.Length == 0 || name == suffix || name.EndsWith($"_{suffix}", StringComparison.Ordinal) ? name : $"{name.TrimEnd('_')}_{suffix}";

    private static string WithoutSuffix(string name, string suffix) =>
        name.EndsWith($"_{suffix}", StringComparison.Ordinal) ? name[..^(suffix.Length + 1)] : name;

    // What is not allowed becomes an underscore, of which several become one; a digit cannot come first.
    private static string Sanitize(string name, bool allowsColon)
    {
        var valid = new StringBuilder(name.Length + 1);
        foreach (var character in name)
        {
            if (valid.Length == 0 && char.IsAsciiDigit(character)) valid.Append('_');
            if (char.IsAsciiLetterOrDigit(character) || (character == ':' && allowsColon)) valid.Append(character);
            else if (valid.Length == 0 || valid[^1] != '_') valid.Append('_');
        }

        return valid.Length == 0 ? "_" : valid.ToString();
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Annotation();
}
