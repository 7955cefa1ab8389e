using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Jtfa.Language.Decoding;

/// <summary>
/// Makes a grammar of a JSON schema (draft 2020-12). Every text of the grammar is valid by the schema; not every valid text is one of it:
/// <list type="bullet">
/// <item>An object's properties come in the order of the schema; others follow them only where <c>additionalProperties</c> is given, or
/// no <c>properties</c> are, and nothing keeps a model from repeating the names of those others.</item>
/// <item>Items after <c>prefixItems</c> come only where <c>items</c> is given or <c>minItems</c> asks for them.</item>
/// <item>Without <c>type</c>, keywords of one type stand for it. Numbers have up to 15 digits before the point and after it, and
/// an exponent of one digit; an integer has neither point nor exponent.</item>
/// <item><c>minimum</c>, <c>maximum</c> and their exclusive forms are for integers alone.</item>
/// <item><c>oneOf</c> needs alternatives that exclude each other by type, by constants, or by a required property that does.</item>
/// <item><c>format</c> and the other annotations are ignored, as 2020-12 has it. <c>$ref</c> leads into the schema itself.</item>
/// </list>
/// A keyword that is not supported is an error that names it.
/// </summary>
internal sealed class JsonSchemaCompiler(GrammarBuilder grammar, JsonElement root)
{
    // More would make grammars of millions of nodes.
    private const int MostRepeats = 4096;
    private const int MostNodes = 2_000_000;

    private static readonly string[] s_annotations =
    [
        "$schema", "$id", "$comment", "$defs", "definitions", "$anchor", "title", "description", "default", "examples", "example",
        "deprecated", "readOnly", "writeOnly", "format", "contentEncoding", "contentMediaType",
    ];
    private static readonly string[] s_types = ["object", "array", "string", "integer", "number", "boolean", "null"];
    private static readonly Dictionary<string, string> s_typeOf = new()
    {
        ["properties"] = "object",
        ["required"] = "object",
        ["additionalProperties"] = "object",
        ["items"] = "array",
        ["prefixItems"] = "array",
        ["minItems"] = "array",
        ["maxItems"] = "array",
        ["minLength"] = "string",
        ["maxLength"] = "string",
        ["pattern"] = "string",
        ["minimum"] = "integer",
        ["maximum"] = "integer",
        ["exclusiveMinimum"] = "integer",
        ["exclusiveMaximum"] = "integer",
    };
    private static readonly JsonWriterOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonElement s_anything = JsonDocument.Parse("true").RootElement;

    // By the schema's own text: equal schemas are one rule.
    private readonly Dictionary<string, int> _rules = [];
    private readonly Queue<(JsonElement Schema, int Rule)> _open = [];
    private int _character = -1;

    /// <summary>Makes all rules.</summary>
    /// <returns>The one of the whole schema.</returns>
    public int Compile()
    {
        var rule = RuleOf(root);
        while (_open.TryDequeue(out var next))
        {
            Value(next.Schema, grammar.Rules[next.Rule].Start, grammar.Rules[next.Rule].End);
            if (grammar.Nodes > MostNodes) throw new SchemaException("The schema is too large: its lengths and counts multiply.");
        }
        return rule;
    }

    private int RuleOf(JsonElement schema)
    {
        schema = Resolved(schema);
        var text = schema.GetRawText();
        if (_rules.TryGetValue(text, out var rule)) return rule;
        _rules.Add(text, rule = grammar.Rule());
        _open.Enqueue((schema, rule));
        return rule;
    }

    private void Value(JsonElement schema, int from, int to)
    {
        if (schema.ValueKind == JsonValueKind.False) return;
        if (schema.ValueKind == JsonValueKind.True || IsBare(schema))
        {
            foreach (var type in s_types.Where(type => type != "integer")) OfType(type, schema, from, to);
            return;
        }
        if (schema.ValueKind != JsonValueKind.Object)
            throw new SchemaException($"A schema is {Short(schema)}: allowed are objects and booleans.");
        foreach (var keyword in schema.EnumerateObject())
        {
            if (keyword.Name is not ("type" or "enum" or "const" or "anyOf" or "oneOf" or "allOf") && !s_typeOf.ContainsKey(keyword.Name)
                && !s_annotations.Contains(keyword.Name))
                throw new SchemaException($"{keyword.Name}: this keyword is not supported.");
        }
        if (schema.TryGetProperty("const", out var constant)) Constants(schema, "const", [constant], from, to);
        else if (schema.TryGetProperty("enum", out var values)) Constants(schema, "enum", List(values, "enum"), from, to);
        else if (Alternatives(schema) is { } alternatives)
        {
            foreach (var alternative in alternatives) grammar.Nothing(grammar.Call(from, RuleOf(alternative)), to);
        }
        else foreach (var type in Types(schema)) OfType(type, schema, from, to);
    }

    private List<JsonElement>? Alternatives(JsonElement schema)
    {
        foreach (var keyword in (string[])["anyOf", "oneOf", "allOf"])
        {
            if (!schema.TryGetProperty(keyword, out var value)) continue;
            Alone(schema, keyword, []);
            var alternatives = List(value, keyword);
            if (keyword == "allOf" && alternatives.Count > 1)
                throw new SchemaException("allOf: more than one schema is not supported.");
            for (var i = 0; keyword == "oneOf" && i < alternatives.Count; i++)
            {
                var both = alternatives.FindIndex(0, i, earlier => !Exclude(alternatives[i], earlier, depth: 0));
                if (both >= 0)
                    throw new SchemaException($"oneOf: alternatives {both} and {i} may both hold; use anyOf or constants that differ.");
            }
            return alternatives;
        }
        return null;
    }

    private void Constants(JsonElement schema, string keyword, List<JsonElement> values, int from, int to)
    {
        Alone(schema, keyword, ["type"]);
        var types = schema.TryGetProperty("type", out _) ? Types(schema) : [.. s_types];
        foreach (var text in values.Where(value => types.Exists(type => Is(value, type))).Select(Compact).Distinct())
            grammar.Literal(from, Encoding.UTF8.GetBytes(text), to);
    }

    private void OfType(string type, JsonElement schema, int from, int to)
    {
        switch (type)
        {
            case "null": grammar.Literal(from, "null"u8, to); break;
            case "boolean":
                grammar.Literal(from, "true"u8, to);
                grammar.Literal(from, "false"u8, to);
                break;
            case "number":
                if (Bounds(schema) != (null, null))
                    throw new SchemaException("minimum and maximum are supported for type integer, not for number.");
                JsonText.Number(grammar, from, to);
                break;
            case "integer": Integer(schema, from, to); break;
            case "string": Text(schema, from, to); break;
            case "array": Array(schema, from, to); break;
            case "object": Object(schema, from, to); break;
        }
    }

    private void Integer(JsonElement schema, int from, int to)
    {
        const long most = 999_999_999_999_999;
        var (low, high) = Bounds(schema);
        if (low is null && high is null) JsonText.Integer(grammar, from, to);
        else
        {
            if (low > most || high < -most)
                throw new SchemaException($"minimum and maximum: allowed are integers of up to {JsonText.Digits} digits.");
            var (least, last) = (Math.Max(low ?? -most, -most), Math.Min(high ?? most, most));
            if (least <= last) JsonText.Integer(grammar, from, (long)least, (long)last, to);
        }
    }

    private void Text(JsonElement schema, int from, int to)
    {
        var (least, most) = (Count(schema, "minLength") ?? 0, Count(schema, "maxLength"));
        if (Property(schema, "pattern") is { } pattern)
        {
            if (pattern.ValueKind != JsonValueKind.String) throw new SchemaException("pattern: allowed is a string.");
            if (least > 0 || most is not null) throw new SchemaException("pattern beside minLength or maxLength is not supported.");
            JsonPattern.Add(grammar, from, pattern.GetString()!, to);
            return;
        }
        if (most < least) return;
        if (_character < 0)
        {
            _character = grammar.Rule();
            JsonText.Character(grammar, grammar.Rules[_character].Start, grammar.Rules[_character].End);
        }
        JsonText.String(grammar, from, _character, least, most, to);
    }

    private void Array(JsonElement schema, int from, int to)
    {
        var first = Property(schema, "prefixItems") is { } prefix ? List(prefix, "prefixItems") : [];
        var (least, most) = (Count(schema, "minItems") ?? 0, Count(schema, "maxItems"));
        var items = Property(schema, "items");
        if (items is { ValueKind: JsonValueKind.Array }) throw new SchemaException("items: a list is not supported; use prefixItems.");
        var rest = items ?? s_anything;
        if (items is null && first.Count > 0) most = Math.Min(most ?? int.MaxValue, Math.Max(first.Count, least));
        if (most < least) return;
        var close = grammar.Node();
        grammar.Literal(close, "]"u8, to);
        var node = grammar.Space(grammar.Literal(from, "["u8));
        if (least == 0) grammar.Nothing(node, close);
        if (most == 0) return;
        for (var i = 0; ; i++)
        {
            // A node of its own, since the list may close before its first item and not after a comma.
            var before = grammar.Node();
            grammar.Nothing(node, before);
            node = grammar.Call(before, RuleOf(i < first.Count ? first[i] : rest));
            var isEnough = i + 1 >= least;
            if (isEnough) grammar.Nothing(grammar.Space(node), close);
            if (i + 1 == most) return;
            node = grammar.Space(grammar.Literal(node, ","u8));
            if (most is null && isEnough && i >= first.Count)
            {
                grammar.Nothing(node, before);
                return;
            }
        }
    }

    private void Object(JsonElement schema, int from, int to)
    {
        var others = Property(schema, "additionalProperties");
        List<(string Name, JsonElement Schema, bool IsRequired)> properties = [];
        var required = Property(schema, "required") is { } list ? List(list, "required").Select(Name).ToHashSet() : [];
        if (Property(schema, "properties") is { } given)
        {
            if (given.ValueKind != JsonValueKind.Object) throw new SchemaException("properties: allowed is an object.");
            foreach (var property in given.EnumerateObject())
                properties.Add((property.Name, property.Value, required.Remove(property.Name)));
        }
        // What is required and not described is like any other property that is not.
        foreach (var name in required) properties.Add((name, others ?? s_anything, true));
        if (others is null && properties.Count == 0) others = s_anything;

        var (first, more) = (grammar.Space(grammar.Literal(from, "{"u8)), grammar.Node());
        foreach (var property in properties)
        {
            var (nextFirst, nextMore, key) = (grammar.Node(), grammar.Node(), grammar.Node());
            if (!property.IsRequired)
            {
                grammar.Nothing(first, nextFirst);
                grammar.Nothing(more, nextMore);
            }
            grammar.Nothing(first, key);
            grammar.Nothing(grammar.Space(grammar.Literal(more, ","u8)), key);
            Pair(grammar.Literal(key, Encoding.UTF8.GetBytes(Quoted(property.Name))), property.Schema, nextMore);
            (first, more) = (nextFirst, nextMore);
        }
        if (others is { } other && other.ValueKind != JsonValueKind.False)
        {
            var (key, named) = (grammar.Node(), grammar.Node());
            grammar.Nothing(first, key);
            grammar.Nothing(grammar.Space(grammar.Literal(more, ","u8)), key);
            JsonText.OtherName(grammar, key, [.. properties.Select(property => property.Name)], named);
            Pair(named, other, more);
        }
        grammar.Literal(first, "}"u8, to);
        grammar.Literal(grammar.Space(more), "}"u8, to);

        void Pair(int named, JsonElement value, int after) =>
            grammar.Nothing(grammar.Call(grammar.Space(grammar.Literal(named, ":"u8)), RuleOf(value)), after);

        static string Name(JsonElement name) =>
            name.ValueKind == JsonValueKind.String ? name.GetString()! : throw new SchemaException("required: allowed are strings.");
    }

    private JsonElement Resolved(JsonElement schema)
    {
        for (var hops = 0; schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference); hops++)
        {
            Alone(schema, "$ref", []);
            if (reference.ValueKind != JsonValueKind.String) throw new SchemaException("$ref: allowed is a string.");
            var path = reference.GetString()!;
            if (hops > 100) throw new SchemaException($"$ref '{path}' leads to itself.");
            if (path is not "#" && !path.StartsWith("#/", StringComparison.Ordinal))
                throw new SchemaException($"$ref '{path}': allowed are '#' and '#/…', places in the schema itself.");
            schema = root;
            foreach (var part in path.Split('/').Skip(1))
            {
                var name = Uri.UnescapeDataString(part)
                    .Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                var isFound = schema.ValueKind switch
                {
                    JsonValueKind.Object => schema.TryGetProperty(name, out schema),
                    JsonValueKind.Array => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                        && index < schema.GetArrayLength() && (schema = schema[index]).ValueKind != JsonValueKind.Undefined,
                    _ => false,
                };
                if (!isFound) throw new SchemaException($"$ref '{path}' leads to nothing.");
            }
        }
        return schema;
    }

    // Whether no value is valid by both, as far as this is plain to see.
    private bool Exclude(JsonElement one, JsonElement other, int depth)
    {
        (one, other) = (Resolved(one), Resolved(other));
        if (one.ValueKind == JsonValueKind.False || other.ValueKind == JsonValueKind.False) return true;
        if (one.ValueKind != JsonValueKind.Object || other.ValueKind != JsonValueKind.Object || depth > 2) return false;
        var (values, otherValues) = (ConstantsOf(one), ConstantsOf(other));
        if (values is not null && otherValues is not null) return !values.Select(Canonical).Intersect(otherValues.Select(Canonical)).Any();
        if (values is not null) return HasTypes(other) && !values.Exists(value => Types(other).Exists(type => Is(value, type)));
        if (otherValues is not null) return Exclude(other, one, depth + 1);
        if (!HasTypes(one) || !HasTypes(other)) return false;
        var (types, otherTypes) = (Types(one), Types(other));
        var shared = types.Where(type => otherTypes.Exists(second =>
            second == type || (type, second) is ("integer", "number") or ("number", "integer")));
        return !shared.Any() || shared.All(type => type == "object") && ExcludeObjects();

        bool ExcludeObjects()
        {
            if (Property(one, "required") is not { } required || Property(other, "required") is not { } alsoRequired) return false;
            if (Property(one, "properties") is not { } properties || Property(other, "properties") is not { } otherProperties) return false;
            return List(required, "required").Select(name => name.ToString())
                .Intersect(List(alsoRequired, "required").Select(name => name.ToString()))
                .Any(name => properties.TryGetProperty(name, out var left) && otherProperties.TryGetProperty(name, out var right)
                    && Exclude(left, right, depth + 1));
        }

        // Only what the schema says of its type itself: keywords that stand for a type exclude no other.
        static bool HasTypes(JsonElement schema) => schema.TryGetProperty("type", out _);

        static List<JsonElement>? ConstantsOf(JsonElement schema) =>
            schema.TryGetProperty("const", out var constant) ? [constant]
            : schema.TryGetProperty("enum", out var values) ? List(values, "enum") : null;

        // Numbers are equal however they are written.
        static string Canonical(JsonElement value) =>
            value.ValueKind == JsonValueKind.Number ? value.GetDouble().ToString("R", CultureInfo.InvariantCulture) : Compact(value);
    }

    private static List<string> Types(JsonElement schema)
    {
        if (schema.TryGetProperty("type", out var type))
        {
            List<string> types = [.. (type.ValueKind == JsonValueKind.Array ? List(type, "type") : [type]).Select(one => one.ToString())];
            if (types.Find(one => !s_types.Contains(one)) is { } unknown)
                throw new SchemaException($"type '{unknown}': allowed are {string.Join(", ", s_types)}.");
            // Every integer is a number.
            if (types.Contains("number")) types.Remove("integer");
            return types;
        }
        List<string> implied =
            [.. schema.EnumerateObject().Select(keyword => s_typeOf.GetValueOrDefault(keyword.Name)).OfType<string>().Distinct()];
        return implied.Count > 0 ? implied : [.. s_types.Where(one => one != "integer")];
    }

    private static bool Is(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Null => type == "null",
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        _ => type == "number" || type == "integer" && double.IsInteger(value.GetDouble()),
    };

    private static bool IsBare(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.EnumerateObject().All(keyword => s_annotations.Contains(keyword.Name));

    private static void Alone(JsonElement schema, string keyword, string[] allowed)
    {
        foreach (var other in schema.EnumerateObject())
        {
            if (other.Name != keyword && !allowed.Contains(other.Name) && !s_annotations.Contains(other.Name))
                throw new SchemaException($"{keyword} beside {other.Name} is not supported.");
        }
    }

    private static (decimal? Low, decimal? High) Bounds(JsonElement schema)
    {
        var (low, high) = (Bound("minimum"), Bound("maximum"));
        if (Bound("exclusiveMinimum") is { } above) low = Math.Max(low ?? decimal.MinValue, decimal.Floor(above) + 1);
        if (Bound("exclusiveMaximum") is { } below) high = Math.Min(high ?? decimal.MaxValue, decimal.Ceiling(below) - 1);
        return (low is null ? null : decimal.Ceiling(low.Value), high is null ? null : decimal.Floor(high.Value));

        decimal? Bound(string keyword)
        {
            if (Property(schema, keyword) is not { } value) return null;
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var bound) || Math.Abs(bound) > 1e20m)
                throw new SchemaException($"{keyword} {Short(value)}: allowed is a number of up to 20 digits.");
            return bound;
        }
    }

    private static int? Count(JsonElement schema, string keyword)
    {
        if (Property(schema, keyword) is not { } value) return null;
        var count = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : -1;
        return double.IsInteger(count) && count is >= 0 and <= MostRepeats
            ? (int)count
            : throw new SchemaException($"{keyword} {Short(value)}: allowed is 0 … {MostRepeats}.");
    }

    private static JsonElement? Property(JsonElement schema, string keyword) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(keyword, out var value) ? value : null;

    private static List<JsonElement> List(JsonElement value, string keyword) =>
        value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray()]
            : throw new SchemaException($"{keyword}: allowed is a list.");

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    private static string Compact(JsonElement value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_compact)) value.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Short(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 40 ? text : text[..40] + "…";
    }
}
