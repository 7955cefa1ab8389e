namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>Members of values: entries, items, and the methods that Python's strings, lists and mappings have.</summary>
internal static class Members
{
    /// <summary>A member of a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">The member.</param>
    /// <param name="isAttribute">Whether it is written behind a dot: methods go before entries.</param>
    /// <param name="found">The member.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFind(object? value, object? name, bool isAttribute, out object? found)
    {
        found = null;
        if (isAttribute && name is string method && Method(value, method) is { } callable)
        {
            found = callable;
            return true;
        }

        switch (value, name)
        {
            case (Map map, string key): return map.TryGetValue(key, out found);
            case (Namespace space, string key): return space.Attributes.TryGetValue(key, out found);
            case (string or List<object?>, long at):
                var items = Values.Items(value);
                if (at < 0) at += items.Count;
                if (at < 0 || at >= items.Count) return false;
                found = items[(int)at];
                return true;
            default: return false;
        }
    }

    private static Callable? Method(object? value, string name) => value switch
    {
        string text => OfText(text, name),
        Map map => OfMap(map, name),
        List<object?> list => name switch
        {
            "count" => a => (long)list.Count(item => Values.AreEqual(item, a.Needed(0, "value"))),
            "index" => a => list.FindIndex(item => Values.AreEqual(item, a.Needed(0, "value"))) is >= 0 and var at
                ? (long)at
                : throw new TemplateException(0, "'index' finds no such item"),
            _ => null,
        },
        _ => null,
    };

    private static Callable? OfMap(Map map, string name) => name switch
    {
        "items" => _ => map.Select(entry => (object?)new Tuple { entry.Key, entry.Value }).ToList(),
        "keys" => _ => map.Keys.Select(key => (object?)key).ToList(),
        "values" => _ => map.Values.ToList(),
        "get" => a => a.Needed(0, "key") is string key && map.TryGetValue(key, out var value) ? value : a.Get(1, "default", null),
        _ => null,
    };

    private static Callable? OfText(string text, string name) => name switch
    {
        "strip" => a => text.Trim(Letters(a)),
        "lstrip" => a => text.TrimStart(Letters(a)),
        "rstrip" => a => text.TrimEnd(Letters(a)),
        "upper" => _ => text.ToUpperInvariant(),
        "lower" => _ => text.ToLowerInvariant(),
        "capitalize" => _ => Filters.Capitalized(text),
        "title" => _ => Filters.Titled(text),
        "startswith" => a => Any(a, part => text.StartsWith(part, StringComparison.Ordinal)),
        "endswith" => a => Any(a, part => text.EndsWith(part, StringComparison.Ordinal)),
        "removeprefix" => a => text.StartsWith(a.Text(0, "prefix"), StringComparison.Ordinal) ? text[a.Text(0, "prefix").Length..] : text,
        "removesuffix" => a => text.EndsWith(a.Text(0, "suffix"), StringComparison.Ordinal) ? text[..^a.Text(0, "suffix").Length] : text,
        "replace" => a => Filters.Replaced(text, a),
        "find" => a => Place(text, text.IndexOf(a.Text(0, "sub"), StringComparison.Ordinal)),
        "rfind" => a => Place(text, text.LastIndexOf(a.Text(0, "sub"), StringComparison.Ordinal)),
        "count" => a => a.Text(0, "sub") is { Length: > 0 } part ? text.Split(part).Length - 1L : Values.Items(text).Count + 1L,
        "split" => a => Split(text, a, fromEnd: false),
        "rsplit" => a => Split(text, a, fromEnd: true),
        "splitlines" => _ => (text.EndsWith('\n') ? text[..^1] : text) is { Length: > 0 } lines
            ? lines.ReplaceLineEndings("\n").Split('\n').Select(line => (object?)line).ToList()
            : text.Length > 0 ? new List<object?> { "" } : [],
        "join" => a => string.Join(text, Values.Items(a.Needed(0, "iterable")).Select(Values.Text)),
        "isdigit" => _ => text.Length > 0 && text.All(char.IsDigit),
        "isalpha" => _ => text.Length > 0 && text.All(char.IsLetter),
        "isalnum" => _ => text.Length > 0 && text.All(char.IsLetterOrDigit),
        "isspace" => _ => text.Length > 0 && text.All(char.IsWhiteSpace),
        "isupper" => _ => text.Any(char.IsUpper) && !text.Any(char.IsLower),
        "islower" => _ => text.Any(char.IsLower) && !text.Any(char.IsUpper),
        _ => null,
    };

    private static char[]? Letters(Arguments arguments) => arguments.Get(0, "chars", null) is string letters ? letters.ToCharArray() : null;

    private static bool Any(Arguments arguments, Predicate<string> holds) => arguments.Needed(0, "prefix") switch
    {
        string part => holds(part),
        List<object?> parts => parts.Exists(part => part is string text && holds(text)),
        var other => throw new TemplateException(0, $"'{arguments.Name}' takes a string, not a {Values.Kind(other)}"),
    };

    /// <summary>A place in a string, in characters and not in UTF-16's units.</summary>
    private static long Place(string text, int at) => at < 0 ? -1 : Values.Items(text[..at]).Count;

    private static List<object?> Split(string text, Arguments arguments, bool fromEnd)
    {
        var most = arguments.Whole(1, "maxsplit", -1);
        List<string> parts;
        string between;
        if (arguments.Get(0, "sep", null) is string separator)
        {
            if (separator.Length == 0) throw new TemplateException(0, "a string is split at an empty string");
            parts = [.. text.Split(separator)];
            between = separator;
        }
        else
        {
            if (most >= 0) throw new TemplateException(0, "'split' at blanks with a limit is not supported");
            return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(part => (object?)part).ToList();
        }

        if (most >= 0 && parts.Count > most + 1)
        {
            var rest = parts.Count - (int)most;
            parts = fromEnd
                ? [string.Join(between, parts[..rest]), .. parts[rest..]]
                : [.. parts[..(int)most], string.Join(between, parts[(int)most..])];
        }

        return parts.ConvertAll(part => (object?)part);
    }
}
