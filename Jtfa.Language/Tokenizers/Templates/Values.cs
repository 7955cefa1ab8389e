using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>A function that a template may call.</summary>
internal delegate object? Callable(Arguments arguments);

/// <summary>A mapping, in the order of its keys.</summary>
internal sealed class Map : OrderedDictionary<string, object?>
{
    public Map()
        : base(StringComparer.Ordinal)
    {
    }
}

/// <summary>A list that is written in round brackets.</summary>
internal sealed class Tuple : List<object?>;

/// <summary>What a namespace() holds: attributes that inner scopes may set.</summary>
internal sealed class Namespace(Map attributes)
{
    public Map Attributes { get; } = attributes;
}

/// <summary>A name or member that is not there.</summary>
/// <param name="Name">What was asked for.</param>
internal sealed record Undefined(string Name);

/// <summary>
/// Python's rules for values: None is null; the others are bool, long, double, string, lists, <see cref="Map"/>, <see cref="Namespace"/>,
/// <see cref="Callable"/> and <see cref="Undefined"/>.
/// </summary>
internal static class Values
{
    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        Map map => map.Count > 0,
        _ => true,
    };

    /// <summary>str(value).</summary>
    public static string Text(object? value) => value switch
    {
        string text => text,
        Undefined => "",
        _ => Literal(value),
    };

    /// <summary>repr(value).</summary>
    public static string Literal(object? value)
    {
        switch (value)
        {
            case null or Undefined: return value is null ? "None" : "Undefined";
            case bool flag: return flag ? "True" : "False";
            case long number: return number.ToString(CultureInfo.InvariantCulture);
            case double number: return Number(number);
            case string text: return Quoted(text);
            case Tuple { Count: 1 } one: return $"({Literal(one[0])},)";
            case Tuple tuple: return $"({string.Join(", ", tuple.Select(Literal))})";
            case List<object?> list: return $"[{string.Join(", ", list.Select(Literal))}]";
            case Map map: return $"{{{string.Join(", ", map.Select(entry => $"{Quoted(entry.Key)}: {Literal(entry.Value)}"))}}}";
            default: throw new TemplateException(0, $"a {Kind(value)} cannot be written as text");
        }
    }

    /// <summary>What kind of value it is, for messages.</summary>
    public static string Kind(object? value) => value switch
    {
        null => "none",
        Undefined undefined => $"undefined value ('{undefined.Name}')",
        bool => "boolean",
        long or double => "number",
        string => "string",
        List<object?> => "list",
        Map => "mapping",
        Namespace => "namespace",
        _ => "function",
    };

    /// <summary>a == b.</summary>
    public static bool AreEqual(object? left, object? right)
    {
        if (IsNumber(left, out var a) && IsNumber(right, out var b)) return left is long x && right is long y ? x == y : a == b;
        return (left, right) switch
        {
            (List<object?> one, List<object?> other) =>
                one.Count == other.Count && one.Zip(other).All(pair => AreEqual(pair.First, pair.Second)),
            (Map one, Map other) => one.Count == other.Count &&
                one.All(entry => other.TryGetValue(entry.Key, out var value) && AreEqual(entry.Value, value)),
            (Undefined, Undefined) => true,
            _ => Equals(left, right),
        };
    }

    /// <summary>The order of two values.</summary>
    public static int Compare(object? left, object? right)
    {
        if (IsNumber(left, out var a) && IsNumber(right, out var b)) return a.CompareTo(b);
        if (left is string one && right is string other) return string.CompareOrdinal(one, other);
        throw new TemplateException(0, $"a {Kind(left)} and a {Kind(right)} have no order");
    }

    /// <summary>A number; booleans are numbers, too.</summary>
    public static bool IsNumber(object? value, out double number)
    {
        number = value switch { bool flag => flag ? 1 : 0, long whole => whole, double real => real, _ => double.NaN };
        return value is bool or long or double;
    }

    /// <summary>What a loop goes over.</summary>
    public static List<object?> Items(object? value) => value switch
    {
        List<object?> list => list,
        Map map => [.. map.Keys],
        string text => [.. text.EnumerateRunes().Select(rune => rune.ToString())],
        Undefined => [],
        _ => throw new TemplateException(0, $"a {Kind(value)} has no items"),
    };

    /// <summary>item in value.</summary>
    public static bool Contains(object? value, object? item) => value switch
    {
        string text when item is string part => text.Contains(part, StringComparison.Ordinal),
        Map map => item is string key && map.ContainsKey(key),
        _ => Items(value).Exists(other => AreEqual(item, other)),
    };

    /// <summary>A value of JSON.</summary>
    public static object? Of(JsonNode? node)
    {
        switch (node)
        {
            case null: return null;
            case JsonArray array: return array.Select(Of).ToList();
            case JsonObject members:
                var map = new Map();
                foreach (var (key, value) in members) map[key] = Of(value);
                return map;
            default:
                var scalar = node.AsValue();
                if (scalar.TryGetValue(out string? text)) return text;
                if (scalar.TryGetValue(out bool flag)) return flag;
                if (scalar.TryGetValue(out long whole)) return whole;
                if (scalar.TryGetValue(out int small)) return (long)small;
                return scalar.TryGetValue(out double real) ? real : (double)scalar.GetValue<float>();
        }
    }

    /// <summary>json.dumps(value, ensure_ascii=False).</summary>
    public static void AppendJson(StringBuilder to, object? value, int? indent, bool sorts, int depth = 0)
    {
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (value)
        {
            case null: to.Append("null"); break;
            case bool flag: to.Append(flag ? "true" : "false"); break;
            case long or double: to.Append(Literal(value)); break;
            case string text: AppendJsonString(to, text); break;
            case List<object?> list: AppendAll('[', list, item => AppendJson(to, item, indent, sorts, depth + 1), ']'); break;
            case Map map:
                IEnumerable<KeyValuePair<string, object?>> entries = sorts ? map.OrderBy(entry => entry.Key, StringComparer.Ordinal) : map;
                AppendAll('{', [.. entries], entry =>
                {
                    AppendJsonString(to, entry.Key);
                    to.Append(": ");
                    AppendJson(to, entry.Value, indent, sorts, depth + 1);
                }, '}');
                break;
            default: throw new TemplateException(0, $"a {Kind(value)} cannot be written as JSON");
        }

        void AppendAll<T>(char begin, List<T> items, Action<T> append, char end)
        {
            to.Append(begin);
            for (var i = 0; i < items.Count; i++)
            {
                if (i > 0) to.Append(indent is null ? ", " : ",");
                Break(depth + 1);
                append(items[i]);
            }

            if (items.Count > 0) Break(depth);
            to.Append(end);
        }

        void Break(int levels)
        {
            if (indent is { } blanks) to.Append('\n').Append(' ', blanks * levels);
        }
    }

    private static void AppendJsonString(StringBuilder to, string text)
    {
        to.Append('"');
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '"' => to.Append("\\\""),
                '\\' => to.Append("\\\\"),
                '\n' => to.Append("\\n"),
                '\r' => to.Append("\\r"),
                '\t' => to.Append("\\t"),
                '\b' => to.Append("\\b"),
                '\f' => to.Append("\\f"),
                < ' ' => to.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => to.Append(letter),
            };
        }

        to.Append('"');
    }

    private static string Number(double number)
    {
        if (double.IsNaN(number)) return "nan";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";
        var text = number.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
        if (Math.Abs(number) is >= 1e16 or (> 0 and < 1e-4)) return text;
        if (text.Contains('e', StringComparison.Ordinal)) text = ((decimal)number).ToString(CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    private static string Quoted(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}"),
                _ when letter == quote => quoted.Append('\\').Append(letter),
                _ => quoted.Append(letter),
            };
        }

        return quoted.Append(quote).ToString();
    }
}
