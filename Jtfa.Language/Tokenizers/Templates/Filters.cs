using System.Globalization;
using System.Text;

namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>What stands behind '|'.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Func<object?, Arguments, object?>> s_filters = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, a) => Values.Text(value).Trim((a.Get(0, "chars", null) as string)?.ToCharArray()),
        ["string"] = (value, _) => Values.Text(value),
        ["upper"] = (value, _) => Values.Text(value).ToUpperInvariant(),
        ["lower"] = (value, _) => Values.Text(value).ToLowerInvariant(),
        ["capitalize"] = (value, _) => Capitalized(Values.Text(value)),
        ["title"] = (value, _) => Titled(Values.Text(value)),
        ["replace"] = (value, a) => Replaced(Values.Text(value), a),
        ["indent"] = Indent,
        ["safe"] = (value, _) => Values.Text(value),
        ["escape"] = (value, _) => Escaped(Values.Text(value)),
        ["e"] = (value, _) => Escaped(Values.Text(value)),
        ["tojson"] = ToJson,
        ["length"] = (value, _) => (long)Values.Items(value).Count,
        ["count"] = (value, _) => (long)Values.Items(value).Count,
        ["default"] = Default,
        ["d"] = Default,
        ["list"] = (value, _) => Values.Items(value).ToList(),
        ["items"] = (value, _) => value is Undefined
            ? new List<object?>()
            : Entries(value).Select(entry => (object?)new Tuple { entry.Key, entry.Value }).ToList(),
        ["dictsort"] = (value, _) => Entries(value).OrderBy(entry => entry.Key.ToLowerInvariant(), StringComparer.Ordinal)
            .Select(entry => (object?)new Tuple { entry.Key, entry.Value }).ToList(),
        ["first"] = (value, _) => Values.Items(value) is { Count: > 0 } items ? items[0] : new Undefined("first"),
        ["last"] = (value, _) => Values.Items(value) is { Count: > 0 } items ? items[^1] : new Undefined("last"),
        ["reverse"] = (value, _) => Values.Items(value).AsEnumerable().Reverse() is var items && value is string
            ? string.Concat(items)
            : items.ToList(),
        ["sort"] = Sort,
        ["unique"] = (value, _) => Values.Items(value).Aggregate(new List<object?>(), (kept, item) =>
        {
            if (!kept.Exists(other => Values.AreEqual(other, item))) kept.Add(item);
            return kept;
        }),
        ["join"] = (value, a) => string.Join(
            Values.Text(a.Get(0, "d", "")),
            Values.Items(value).Select(item => Values.Text(a.TryGet(1, "attribute", out var name) ? Attribute(item, name) : item))),
        ["map"] = Map,
        ["select"] = (value, a) => Selected(value, a, hasAttribute: false, wanted: true),
        ["reject"] = (value, a) => Selected(value, a, hasAttribute: false, wanted: false),
        ["selectattr"] = (value, a) => Selected(value, a, hasAttribute: true, wanted: true),
        ["rejectattr"] = (value, a) => Selected(value, a, hasAttribute: true, wanted: false),
        ["sum"] = (value, _) => Values.Items(value).Aggregate((object?)0L, (sum, item) => (sum, item) switch
        {
            (long x, long y) => (object)(x + y),
            _ when Values.IsNumber(sum, out var x) && Values.IsNumber(item, out var y) => x + y,
            _ => throw new TemplateException(0, $"'sum' adds numbers, not a {Values.Kind(item)}"),
        }),
        ["min"] = (value, _) => Values.Items(value).Aggregate((a, b) => Values.Compare(b, a) < 0 ? b : a),
        ["max"] = (value, _) => Values.Items(value).Aggregate((a, b) => Values.Compare(b, a) > 0 ? b : a),
        ["abs"] = (value, _) => value switch
        {
            long number when number > long.MinValue => (object)Math.Abs(number),
            double number => Math.Abs(number),
            _ => throw new TemplateException(0, $"'abs' takes a number, not a {Values.Kind(value)}"),
        },
        ["int"] = (value, a) => value switch
        {
            long number => number,
            bool flag => flag ? 1L : 0L,
            double number when Math.Abs(number) < long.MaxValue / 2 => (long)number,
            string text when long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) => number,
            string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) &&
                Math.Abs(number) < long.MaxValue / 2 => (long)number,
            _ => a.Get(0, "default", 0L),
        },
        ["float"] = (value, a) => Values.IsNumber(value, out var number) ? number
            : value is string text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : a.Get(0, "default", 0.0),
    };

    /// <summary>A filter by its name; null when there is none.</summary>
    public static Func<object?, Arguments, object?>? Find(string name) => s_filters.GetValueOrDefault(name);

    /// <summary>The first letter large, the others small.</summary>
    public static string Capitalized(string text) =>
        text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>The first letter of each word large, the others small.</summary>
    public static string Titled(string text)
    {
        var titled = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            var follows = titled.Length > 0 && char.IsLetter(titled[^1]);
            titled.Append(follows ? char.ToLowerInvariant(letter) : char.ToUpperInvariant(letter));
        }

        return titled.ToString();
    }

    /// <summary>One text put for another, in all places or in the first ones.</summary>
    public static string Replaced(string text, Arguments arguments)
    {
        var (old, other, most) = (arguments.Text(0, "old"), arguments.Text(1, "new"), arguments.Whole(2, "count", -1));
        if (old.Length == 0) throw new TemplateException(0, "'replace' of an empty string is not supported");
        var parts = text.Split(old);
        Scope.CheckLength(text.Length + ((long)parts.Length * other.Length));
        if (most < 0 || most >= parts.Length - 1) return string.Join(other, parts);
        return string.Join(other, parts[..((int)most + 1)]) + old + string.Join(old, parts[((int)most + 1)..]);
    }

    private static string Escaped(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal)
        .Replace("\"", "&#34;", StringComparison.Ordinal);

    private static string Indent(object? value, Arguments arguments)
    {
        var blanks = arguments.Get(0, "width", 4L) as string ?? new string(' ', (int)Math.Clamp(arguments.Whole(0, "width", 4), 0, 1000));
        var (first, blank) = (Values.IsTrue(arguments.Get(1, "first", false)), Values.IsTrue(arguments.Get(2, "blank", false)));
        var lines = Values.Text(value).Split('\n');
        Scope.CheckLength((long)lines.Length * blanks.Length);
        return string.Join('\n', lines.Select((line, i) => (i == 0 ? first : blank || line.Length > 0) ? blanks + line : line));
    }

    private static string ToJson(object? value, Arguments arguments)
    {
        var json = new StringBuilder();
        int? indent = arguments.TryGet(1, "indent", out var given) && given is long blanks ? (int)Math.Clamp(blanks, 0, 32) : null;
        Values.AppendJson(json, value, indent, Values.IsTrue(arguments.Get(3, "sort_keys", false)));
        return json.ToString();
    }

    private static object? Default(object? value, Arguments arguments)
    {
        var isMissing = value is Undefined || (Values.IsTrue(arguments.Get(1, "boolean", false)) && !Values.IsTrue(value));
        return isMissing ? arguments.Get(0, "default_value", "") : value;
    }

    private static Map Entries(object? value) =>
        value as Map ?? throw new TemplateException(0, $"a {Values.Kind(value)} has no entries");

    /// <summary>A member by a path: a.b.0.</summary>
    private static object? Attribute(object? value, object? name)
    {
        if (name is long) return Members.TryFind(value, name, isAttribute: false, out var item) ? item : new Undefined(Values.Text(name));
        foreach (var part in Values.Text(name).Split('.'))
        {
            object key = long.TryParse(part, CultureInfo.InvariantCulture, out var at) ? at : part;
            if (!Members.TryFind(value, key, isAttribute: false, out value)) return new Undefined(part);
        }

        return value;
    }

    private static List<object?> Sort(object? value, Arguments arguments)
    {
        var attribute = arguments.Get(2, "attribute", null);
        var minds = Values.IsTrue(arguments.Get(1, "case_sensitive", false));
        object? Key(object? item)
        {
            var key = attribute is null ? item : Attribute(item, attribute);
            return key is string text && !minds ? text.ToLowerInvariant() : key;
        }

        var order = Comparer<object?>.Create(Values.Compare);
        var items = Values.Items(value);
        return Values.IsTrue(arguments.Get(0, "reverse", false))
            ? items.OrderByDescending(Key, order).ToList()
            : items.OrderBy(Key, order).ToList();
    }

    private static List<object?> Map(object? value, Arguments arguments)
    {
        if (arguments.Positional.Count == 0)
        {
            var attribute = arguments.Needed(0, "attribute");
            return Values.Items(value).ConvertAll(item => Attribute(item, attribute) is Undefined missing
                ? arguments.Get(1, "default", missing)
                : Attribute(item, attribute));
        }

        var name = arguments.Text(0, "filter");
        var filter = Find(name) ?? throw new TemplateException(0, $"the filter '{name}' is not supported");
        return Values.Items(value).ConvertAll(item => filter(item, arguments.Without(1) with { Name = name }));
    }

    private static List<object?> Selected(object? value, Arguments arguments, bool hasAttribute, bool wanted)
    {
        var attribute = hasAttribute ? arguments.Needed(0, "attribute") : null;
        var rest = arguments.Without(hasAttribute ? 1 : 0);
        Func<object?, Arguments, bool> test = (item, _) => Values.IsTrue(item);
        if (rest.Positional.Count > 0)
        {
            var name = rest.Text(0, "test");
            test = Tests.Find(name) ?? throw new TemplateException(0, $"the test '{name}' is not supported");
            rest = rest.Without(1) with { Name = name };
        }

        return Values.Items(value).FindAll(item => test(hasAttribute ? Attribute(item, attribute) : item, rest) == wanted);
    }
}
