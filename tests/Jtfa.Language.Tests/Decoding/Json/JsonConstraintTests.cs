using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Language.Decoding;
using Json.Schema;

namespace Jtfa.Language.Tests.Decoding.Json;

/// <summary>Text that is held to a schema, beside another implementation's validator.</summary>
public sealed class JsonConstraintTests
{
    private static readonly string[] s_parts =
    [
        "\":", "\", \"", "{\"", "\"}", "}}", "]}", "],[", "[[", "null}", "true,", "\\\"", "\\u00", "\\ud83d\\ude00",
        "12", "-1", ".5e", "00", ", ",
        "\n  ", "foo", "bar", "ab", "abc\":", "\"kind\": ", "kind", "value", "next\":null}", "{\"next\":",
        "é", "🙂", "x\",\"a", "\"\"", "  ", "e1",
    ];

    // Every byte alone, parts that span several of a document's, begins and ends of characters, an end, and a control token.
    private static readonly byte[][] s_strings =
    [
        .. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), .. s_parts.Select(Encoding.UTF8.GetBytes),
        [0xC3], [0xA9, (byte)'"'], [(byte)'"', 0xF0, 0x9F], [0x99, 0x82], [], [],
    ];

    private static readonly int s_end = s_strings.Length - 1;
    private static readonly VocabularyTrie s_vocabulary = new(s_strings.Length, id => s_strings[id], id => id == s_end);

    [Fact]
    public void Whatever_is_drawn_parses_and_is_valid()
    {
        var random = new Random(1);
        var (documents, unsatisfiable, kinds) = (0, 0, new HashSet<JsonValueKind>());
        for (var times = 0; times < LongForm.Times(200); times++)
        {
            var schema = new RandomSchema(random).Next();
            JsonMasks masks;
            try
            {
                masks = new JsonMasks(JsonGrammar.Parse(schema.ToJsonString()), s_vocabulary);
            }
            catch (SchemaException e) when (e.Message.Contains("allows no document", StringComparison.Ordinal))
            {
                unsatisfiable++;
                continue;
            }
            var validator = JsonSchema.FromText(schema.ToJsonString(), new BuildOptions { SchemaRegistry = new SchemaRegistry() });
            for (var draws = 0; draws < 4; draws++)
            {
                var text = Drawn(masks, random, patience: random.Next(400));
                using var document = Parsed(text, schema);
                Assert.True(validator.Evaluate(document.RootElement).IsValid, $"{text}\n{schema}");
                kinds.Add(document.RootElement.ValueKind);
                documents++;
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{documents} documents; {unsatisfiable} schemas that nothing satisfies");
        Assert.InRange(unsatisfiable, 0, documents / 20);
        Assert.Equal(7, kinds.Count);
    }

    [Fact]
    public void An_object_of_any_kind_parses()
    {
        var masks = new JsonMasks(JsonGrammar.AnyObject, s_vocabulary);
        // Sequences of several threads share what is remembered.
        Parallel.For(0, 200, times =>
        {
            var random = new Random(times);
            using var document = Parsed(Drawn(masks, random, patience: random.Next(500)), null);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        });
    }

    [Fact]
    public void What_is_remembered_may_be_thrown_away()
    {
        var forgetful = new JsonMasks(JsonGrammar.AnyObject, s_vocabulary) { MostStates = 4 };
        var remembering = new JsonMasks(JsonGrammar.AnyObject, s_vocabulary);
        for (var seed = 0; seed < 5; seed++)
            Assert.Equal(Drawn(remembering, new Random(seed), patience: 40), Drawn(forgetful, new Random(seed), patience: 40));
    }

    /// <summary>A mask computed by the tree is what each text token alone says.</summary>
    [Fact]
    public void A_mask_is_what_each_text_token_says()
    {
        var random = new Random(3);
        for (var times = 0; times < 10; times++)
        {
            JsonGrammar grammar;
            try
            {
                grammar = JsonGrammar.Parse(new RandomSchema(random).Next().ToJsonString());
            }
            catch (SchemaException)
            {
                continue;
            }
            var constraint = new JsonConstraint(new JsonMasks(grammar, s_vocabulary));
            var letters = new JsonConstraint(new JsonMasks(grammar, s_vocabulary));
            for (var step = 0; step < 60 && !constraint.IsComplete; step++)
            {
                for (var id = 0; id < s_end; id++) Assert.Equal(ByLetters(letters, s_strings[id]), constraint.Allows(id));
                Assert.Equal(constraint.IsComplete, constraint.Allows(s_end));
                var allowed = Enumerable.Range(0, s_end).Where(constraint.Allows).ToList();
                var chosen = allowed[random.Next(allowed.Count)];
                constraint.Accept(chosen);
                foreach (var value in s_strings[chosen]) letters.Accept(value);
            }
        }

        static bool ByLetters(JsonConstraint constraint, byte[] bytes)
        {
            var taken = 0;
            while (taken < bytes.Length && constraint.Allows(bytes[taken])) constraint.Accept(bytes[taken++]);
            constraint.Rewind(taken);
            return bytes.Length > 0 && taken == bytes.Length;
        }
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"integer"},"b":{}},"required":["b"]}""", """{"b":[{"x": null}, 1.5e3]}""", true)]
    [InlineData("""{"properties":{"a":{"type":"integer"},"b":{}},"required":["b"]}""", """{"a":1}""", false)]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":{"type":"null"}}""", """{"a": 1, "aa":null,"":null}""", true)]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":{"type":"null"}}""", """{"a": 1, "a":null}""", false)]
    [InlineData("""{"$ref":"#/$defs/n","$defs":{"n":{"type":"array","items":{"$ref":"#/$defs/n"}}}}""", "[[],[[ ]],\n  []]", true)]
    [InlineData("""{"type":"integer","minimum":-20,"exclusiveMaximum":105}""", "104", true)]
    [InlineData("""{"type":"integer","minimum":-20,"exclusiveMaximum":105}""", "105", false)]
    [InlineData("""{"type":"integer","minimum":-20,"exclusiveMaximum":105}""", "-20", true)]
    [InlineData("""{"type":"integer","minimum":-20,"exclusiveMaximum":105}""", "-21", false)]
    [InlineData("""{"type":"integer"}""", "01", false)]
    [InlineData("""{"type":"string","maxLength":2}""", "\"🙂\\ud83d\\ude00\"", true)]
    [InlineData("""{"type":"string","maxLength":2}""", "\"abc\"", false)]
    [InlineData("""{"type":"string"}""", "\"\\ud83d\"", false)]
    [InlineData("""{"type":"string","pattern":"^[a-c]+\\d?$"}""", "\"abcc7\"", true)]
    [InlineData("""{"type":"string","pattern":"^[a-c]+\\d?$"}""", "\"abcd\"", false)]
    [InlineData("""{"enum":["a",{"b":1}]}""", """{"b":1}""", true)]
    [InlineData("""{"type":"array","prefixItems":[{"const":1}],"minItems":2}""", "[1,\"x\"]", true)]
    [InlineData("""{"type":"array","prefixItems":[{"const":1}],"minItems":2}""", "[1]", false)]
    public void A_text_is_taken_or_not(string schema, string text, bool isTaken)
    {
        var constraint = new JsonConstraint(new JsonMasks(JsonGrammar.Parse(schema), s_vocabulary));
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (!constraint.Allows(value))
            {
                Assert.False(isTaken, $"'{(char)value}' of {text}");
                Assert.Throws<InvalidOperationException>(() => constraint.Accept(value));
                return;
            }
            constraint.Accept(value);
        }
        Assert.Equal(isTaken, constraint.IsComplete);
        Assert.Equal(isTaken, constraint.Allows(s_end));
    }

    [Theory]
    [InlineData("""{"type":"number","minimum":1}""", "minimum")]
    [InlineData("""{"type":"integer","multipleOf":2}""", "multipleOf")]
    [InlineData("""{"type":"object","patternProperties":{}}""", "patternProperties")]
    [InlineData("""{"not":{}}""", "not")]
    [InlineData("""{"type":"array","uniqueItems":true}""", "uniqueItems")]
    [InlineData("""{"type":"array","items":[{}]}""", "items")]
    [InlineData("""{"allOf":[{},{}]}""", "allOf")]
    [InlineData("""{"anyOf":[{}],"properties":{}}""", "anyOf")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"string","maxLength":3}]}""", "oneOf")]
    [InlineData("""{"$ref":"#"}""", "$ref")]
    [InlineData("""{"anyOf":[{"$ref":"#"},{"type":"null"}]}""", "$ref")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "$ref '#/$defs/none'")]
    [InlineData("""{"$ref":"other.json"}""", "$ref 'other.json'")]
    [InlineData("""{"type":"text"}""", "type 'text'")]
    [InlineData("""{"type":"string","minLength":-1}""", "minLength -1")]
    [InlineData("""{"type":"string","maxLength":1000000}""", "maxLength 1000000")]
    [InlineData("""{"type":"string","pattern":"(?=a)b"}""", "pattern '(?=a)b'")]
    [InlineData("""{"type":"string","pattern":"(a"}""", "pattern '(a'")]
    [InlineData("""{"type":"string","pattern":"[a"}""", "pattern '[a'")]
    [InlineData("""{"type":"string","pattern":"a{3,1}"}""", "pattern 'a{3,1}'")]
    [InlineData("""{"type":"string","pattern":"\\1"}""", "pattern '\\1'")]
    [InlineData("""{"type":"string","pattern":"((a{1000}){1000}){1000}"}""", "pattern '((a{1000}")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "The schema allows no document")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "The schema allows no document")]
    [InlineData("false", "The schema allows no document")]
    [InlineData("[]", "A schema is []")]
    [InlineData("{", "The schema is no JSON")]
    public void What_it_cannot_hold_a_text_to_is_refused_by_name(string schema, string begin)
    {
        var message = Assert.Throws<SchemaException>(() => JsonGrammar.Parse(schema)).Message;
        Assert.StartsWith(begin, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    /// <summary>Schemas come from clients: none may take a process down or keep it busy.</summary>
    [Fact]
    public void A_hostile_schema_is_refused_or_taken_in_time()
    {
        var start = Stopwatch.GetTimestamp();
        string Text(string part, int times) => string.Concat(Enumerable.Repeat(part, times));
        var chain = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $$"""
            "d{{i}}":{"anyOf":[{"$ref":"#/$defs/d{{i + 1}}"},{"const":{{i}}}]}
            """));
        string[] schemas =
        [
            $$"""{"type":"string","pattern":"{{Text("(", 40)}}a{{Text(")", 40)}}"}""",
            $$"""{"type":"string","pattern":"{{Text("(", 40)}}a{{Text("*)", 40)}}"}""",
            $$"""{"type":"string","pattern":"{{Text("(", 100_000)}}"}""",
            $$"""{"properties":{ "{{Text("x", 20_000)}}":true },"additionalProperties":true}""",
            $$"""{"$ref":"#/$defs/d0","$defs":{ {{chain}},"d20000":{"const":null} } }""",
            $$"""{{Text("[", 1000)}}""",
        ];
        foreach (var schema in schemas)
        {
            try
            {
                var constraint = new JsonConstraint(new JsonMasks(JsonGrammar.Parse(schema), s_vocabulary));
                Assert.Contains(Enumerable.Range(0, 256), constraint.Allows);
            }
            catch (SchemaException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 30);
    }

    [Fact]
    public void No_document_is_deeper_than_readers_allow()
    {
        var constraint = new JsonConstraint(new JsonMasks(JsonGrammar.Parse("{}"), s_vocabulary));
        var depth = 0;
        for (; constraint.Allows('['); depth++) constraint.Accept('[');
        Assert.InRange(depth, 32, 64);
        for (; depth > 0; depth--) constraint.Accept(']');
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void What_is_taken_back_was_never_there()
    {
        var constraint = new JsonConstraint(new JsonMasks(JsonGrammar.AnyObject, s_vocabulary));
        constraint.Accept('{');
        var before = constraint.Allowed.ToArray();
        foreach (var letter in "\"a\":1}") constraint.Accept(letter);
        constraint.Accept(s_end);
        Assert.Throws<InvalidOperationException>(() => constraint.Accept(s_end));
        constraint.Rewind(7);
        Assert.Equal(before, constraint.Allowed);
    }

    /// <summary>Also with a speculative draft: what is taken stays within the schema.</summary>
    [Fact]
    public void Drafts_stay_within_the_schema()
    {
        var grammar = JsonGrammar.Parse("""{"properties":{"a":{"type":"integer"}},"required":["a"]}""");
        var masks = new JsonMasks(grammar, s_vocabulary);
        var random = new Random(5);
        for (var times = 0; times < 50; times++)
        {
            var (constraint, text) = (new JsonConstraint(masks), new List<int>());
            var sampler = new Sampler(new() { Seed = (ulong)times }, s_strings.Length);
            var verifier = new SpeculativeSampler(s_strings.Length, id => id == s_end);
            var (logits, taken) = (new float[4 * s_strings.Length], new int[4]);
            while (text.Count == 0 || text[^1] != s_end)
            {
                int[] draft = [.. Enumerable.Range(0, 3).Select(i => "{\"a\":12}"[(text.Count + i) % 8])];
                foreach (ref var logit in logits.AsSpan()) logit = random.NextSingle();
                for (var i = 0; i < 4; i++) logits[i * s_strings.Length + s_end] = 5;
                text.AddRange(taken.AsSpan(0, verifier.Verify(sampler, logits, draft, [], taken, constraint)));
            }
            using var document = Parsed(Encoding.UTF8.GetString([.. text.SelectMany(id => s_strings[id])]), null);
            Assert.True(document.RootElement.TryGetProperty("a", out _));
        }
    }

    [Fact]
    public void Masks_of_150_000_text_tokens_take_milliseconds_once()
    {
        // Words of one to a dozen letters, with blanks and JSON's own signs between, as byte-level vocabularies have them.
        var random = new Random(6);
        HashSet<string> words = [.. Enumerable.Range(0, 256).Select(value => ((char)value).ToString())];
        const string signs = "\",:{}[] \n";
        while (words.Count < 150_000)
        {
            var word = new StringBuilder();
            if (random.Next(3) == 0) word.Append(random.Next(4) > 0 ? ' ' : signs[random.Next(signs.Length)]);
            for (var length = random.Next(2, 12); length > 0; length--)
                word.Append("eeettaaooinshrdlcumwfgypbvkxjqz0123456789ETA"[random.Next(44)]);
            if (random.Next(20) == 0) word.Append(signs[random.Next(signs.Length)]).Append(signs[random.Next(signs.Length)]);
            words.Add(word.ToString());
        }
        byte[][] strings = [.. words.Select(word => word.Length == 1 ? [(byte)word[0]] : Encoding.UTF8.GetBytes(word)), []];
        var vocabulary = new VocabularyTrie(strings.Length, id => strings[id], id => id == strings.Length - 1);
        var grammar = JsonGrammar.Parse("""
            {"type":"object","properties":{"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string","maxLength":40}},
            "more":{}},"required":["name","tags","more"]}
            """);
        List<double> masks = [];
        var shared = new JsonMasks(grammar, vocabulary);
        var sampler = new Sampler(new() { Temperature = 0.7, TopP = 0.9, Seed = 1 }, strings.Length);
        var logits = new float[strings.Length];
        var again = new List<double>();
        for (var times = 0; times < 3; times++)
        {
            var constraint = new JsonConstraint(shared);
            for (var step = 0; step < 60; step++)
            {
                foreach (ref var logit in logits.AsSpan()) logit = 8 * random.NextSingle();
                var start = Stopwatch.GetTimestamp();
                _ = constraint.Allowed;
                masks.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                start = Stopwatch.GetTimestamp();
                _ = constraint.Allowed;
                again.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                var chosen = sampler.Sample(logits, constraint);
                constraint.Accept(chosen);
                if (chosen == strings.Length - 1) break;
            }
        }
        masks.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{masks.Count} masks: the longest took {string.Join(" ", masks.TakeLast(12).Select(one => $"{one:F1}"))} ms, "
            + $"the median {masks[masks.Count / 2]:F3} ms; a known one {again.Average():F4} ms");
        Assert.InRange(masks[masks.Count / 2], 0, 30);
        foreach (var begin in (string[])["{\"name\":\"", "{\"name\":\"\",\"tags\":[\"abc", "{\"name\":\"\",\"tags\":[", "{"])
        {
            var best = double.PositiveInfinity;
            for (var times = 0; times < 8; times++)
            {
                var constraint = new JsonConstraint(new JsonMasks(grammar, vocabulary));
                foreach (var letter in begin) constraint.Accept(letter);
                var start = Stopwatch.GetTimestamp();
                _ = constraint.Allowed;
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            TestContext.Current.TestOutputHelper!.WriteLine($"the first mask after {begin}: {best:F2} ms");
            Assert.InRange(best, 0, 50);
        }
    }

    // Uniform among what is allowed; out of patience, mostly what closes the document.
    private static string Drawn(JsonMasks masks, Random random, int patience)
    {
        var constraint = new JsonConstraint(masks);
        List<byte> text = [];
        while (true)
        {
            List<int> allowed = [.. Enumerable.Range(0, s_strings.Length).Where(constraint.Allows)];
            Assert.NotEmpty(allowed);
            var chosen = patience-- > 0 || random.Next(4) == 0 ? allowed[random.Next(allowed.Count)] : allowed.MinBy(Cost);
            constraint.Accept(chosen);
            if (chosen == s_end) return Encoding.UTF8.GetString([.. text]);
            text.AddRange(s_strings[chosen]);
            Assert.True(text.Count < 100_000, $"It does not end: {Encoding.UTF8.GetString([.. text.Take(300)])}");
        }

        static int Cost(int id)
        {
            if (id == s_end) return -1;
            if (s_strings[id].Length != 1) return 1000;
            var place = "\"}]0nulbtrefas123456789".IndexOf((char)s_strings[id][0], StringComparison.Ordinal);
            return place >= 0 ? place : s_strings[id][0] is (byte)'{' or (byte)'[' or (byte)',' or (byte)' ' or (byte)'\n' ? 500 : 100;
        }
    }

    private static JsonDocument Parsed(string text, JsonNode? schema)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException($"{e.Message}: {text}\n{schema}");
        }
    }
}
