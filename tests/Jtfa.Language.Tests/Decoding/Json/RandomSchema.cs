using System.Text.Json.Nodes;

namespace Jtfa.Language.Tests.Decoding.Json;

/// <summary>Random JSON schemas of everything that the compiler takes.</summary>
internal sealed class RandomSchema(Random random)
{
    private static readonly string[] s_names = ["a", "ab", "abc", "é", "x y", "q\"uote", "\\", "🙂", "", "type"];
    private static readonly string[] s_patterns =
    [
        "^[a-z]{2,5}$", "^(foo|bar)+$", @"^\d{3}-\d{4}$", "b", "^a", "z$", @"^[^\s0-9]?\w*$", "^.{0,3}$", "^\"\\\\\\\\$",
        "^(?:é|[→-⇒])+?x{2}$",
        "^a|b$", @"^\u0041[\x61-c_-]\.$", "^[\\n\\t]$",
    ];

    public JsonObject Next()
    {
        var definitions = new JsonObject { ["leaf"] = Value(1), ["list"] = Tree() };
        var schema = Value(4);
        if (schema is not JsonObject root || root.ContainsKey("$ref"))
            root = new JsonObject { ["anyOf"] = new JsonArray(schema, Value(2)) };
        root["$defs"] = definitions;
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        return root;
    }

    // Lists in lists, which end in null.
    private static JsonObject Tree() => new()
    {
        ["type"] = new JsonArray("object", "null"),
        ["properties"] = new JsonObject
        {
            ["value"] = new JsonObject { ["$ref"] = "#/$defs/leaf" },
            ["next"] = new JsonObject { ["$ref"] = "#/$defs/list" },
        },
        ["required"] = new JsonArray("next"),
    };

    private JsonNode Value(int depth) => random.Next(depth > 0 ? 15 : 9) switch
    {
        0 => new JsonObject { ["type"] = "boolean", ["description"] = "is ignored" },
        1 => Integer(),
        2 => new JsonObject { ["type"] = "number" },
        3 => Text(),
        4 => new JsonObject { ["type"] = "string", ["pattern"] = Pick(s_patterns) },
        5 => new JsonObject
        {
            ["enum"] = new JsonArray("a", 1, -2.5, null, true, "é\"\n", new JsonArray(1, "b"), new JsonObject { ["k"] = "v" }),
        },
        6 => new JsonObject { ["const"] = Pick(s_names) },
        7 => new JsonObject { ["type"] = new JsonArray("string", "null"), ["maxLength"] = 3 },
        8 => new JsonObject { ["type"] = "integer", ["enum"] = new JsonArray(3, "three", 4, 5.0) },
        9 => Array(depth),
        10 or 11 => Object(depth),
        12 => new JsonObject { ["anyOf"] = new JsonArray(Value(depth - 1), Value(depth - 1)) },
        13 => OneOf(depth),
        _ => depth > 1 ? new JsonObject { ["$ref"] = Pick(["#/$defs/leaf", "#/$defs/list"]) } : JsonValue.Create(true),
    };

    private JsonObject Integer()
    {
        var schema = new JsonObject { ["type"] = "integer" };
        var (low, width) = (random.NextInt64(-3000, 3000), random.NextInt64(0, 5000));
        if (random.Next(2) == 0) schema[Pick(["minimum", "exclusiveMinimum"])] = low + (random.Next(3) == 0 ? 0.5 : 0);
        if (random.Next(2) == 0) schema[Pick(["maximum", "exclusiveMaximum"])] = low + width + 3;
        return schema;
    }

    private JsonObject Text()
    {
        var schema = new JsonObject { ["type"] = "string" };
        var least = random.Next(4);
        if (random.Next(2) == 0) schema["minLength"] = least;
        if (random.Next(2) == 0) schema["maxLength"] = least + random.Next(4);
        return schema;
    }

    private JsonObject Array(int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        var (least, first) = (random.Next(3), random.Next(3));
        if (first > 0) schema["prefixItems"] = new JsonArray([.. Enumerable.Range(0, first).Select(_ => Value(depth - 1))]);
        if (random.Next(3) > 0) schema["items"] = random.Next(5) == 0 && first >= least ? false : Value(depth - 1);
        if (random.Next(2) == 0) schema["minItems"] = least;
        if (random.Next(2) == 0) schema["maxItems"] = least + random.Next(3);
        return schema;
    }

    private JsonObject Object(int depth)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var name in s_names.Where(_ => random.Next(3) == 0))
        {
            properties[name] = Value(depth - 1);
            if (random.Next(2) == 0) required.Add(name);
        }
        var schema = new JsonObject { ["type"] = "object" };
        if (random.Next(6) > 0) schema["properties"] = properties;
        if (random.Next(6) > 0) schema["required"] = required;
        if (random.Next(3) == 0) schema["additionalProperties"] = Value(depth - 1);
        else if (random.Next(3) == 0 && schema.ContainsKey("properties")) schema["additionalProperties"] = false;
        return schema;
    }

    // Alternatives that a constant tells apart.
    private JsonObject OneOf(int depth) => new()
    {
        ["oneOf"] = new JsonArray([.. Enumerable.Range(0, 3).Select(i => new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = i }, ["value"] = Value(depth - 1) },
            ["required"] = new JsonArray("kind", "value"),
        })]),
    };

    private string Pick(string[] from) => from[random.Next(from.Length)];
}
