using System.Text.Json;

namespace Jtfa.Language.Decoding;

/// <summary>
/// The JSON documents that a text may be, as a pushdown automaton over bytes. Documents have no space at their begin and end, and no more
/// than <see cref="MaxDepth"/> values in each other.
/// </summary>
public sealed class JsonGrammar
{
    /// <summary>How deep values lie in each other at most: what System.Text.Json and others read by default.</summary>
    public const int MaxDepth = 64;

    private const int Unreachable = int.MaxValue / 2;

    private JsonGrammar(GrammarBuilder builder, int root)
    {
        (Start, End) = builder.Rules[root];
        Starts = [.. builder.Rules.Select(rule => rule.Start)];
        Ends = new bool[builder.Nodes];
        foreach (var (_, end) in builder.Rules) Ends[end] = true;
        Bytes = [.. builder.Edges.Select(edges => edges.Where(edge => edge.Rule == GrammarEdge.NoRule).ToArray())];
        Moves = [.. builder.Edges.Select(edges => edges.Where(edge => edge.Rule != GrammarEdge.NoRule).ToArray())];
        Needs = Depths();
        if (Needs[Start] >= MaxDepth)
            throw new SchemaException($"The schema allows no document of at most {MaxDepth} values in each other.");
        RefuseLeftRecursion();
    }

    internal int Start { get; }

    internal int End { get; }

    internal int[] Starts { get; }

    internal bool[] Ends { get; }

    /// <summary>Of each node, its edges of bytes.</summary>
    internal GrammarEdge[][] Bytes { get; }

    /// <summary>Of each node, its other edges.</summary>
    internal GrammarEdge[][] Moves { get; }

    /// <summary>Of each node, how many rules have to be open in each other at least on the way to the end of its own.</summary>
    internal int[] Needs { get; }

    /// <summary>Any JSON object (OpenAI's <c>json_object</c>).</summary>
    public static JsonGrammar AnyObject { get; } = Parse("""{ "type": "object" }""");

    /// <summary>The documents that a schema allows, or a part of them: <see cref="JsonSchemaCompiler"/> says which.</summary>
    /// <exception cref="SchemaException">The schema is wrong, or the constraint cannot hold a text to it.</exception>
    public static JsonGrammar Parse(string schema)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(schema);
        }
        catch (JsonException e)
        {
            throw new SchemaException($"The schema is no JSON: {e.Message}");
        }
        using (document) return Compile(document.RootElement);
    }

    /// <summary>The documents that a schema allows, or a part of them: <see cref="JsonSchemaCompiler"/> says which.</summary>
    /// <exception cref="SchemaException">The schema is wrong, or the constraint cannot hold a text to it.</exception>
    public static JsonGrammar Compile(JsonElement schema)
    {
        var builder = new GrammarBuilder();
        return new JsonGrammar(builder, new JsonSchemaCompiler(builder, schema).Compile());
    }

    private int[] Depths()
    {
        var needs = new int[Bytes.Length];
        Array.Fill(needs, Unreachable);
        for (var node = 0; node < needs.Length; node++) if (Ends[node]) needs[node] = 0;
        for (var isChanged = true; isChanged;)
        {
            isChanged = false;
            for (var node = needs.Length - 1; node >= 0; node--)
            {
                var least = needs[node];
                foreach (var edge in Bytes[node]) least = Math.Min(least, needs[edge.Target]);
                foreach (var edge in Moves[node])
                {
                    var inside = edge.Rule < 0 ? 0 : needs[Starts[edge.Rule]] + 1;
                    least = Math.Min(least, Math.Max(inside, needs[edge.Target]));
                }
                if (least >= needs[node]) continue;
                needs[node] = least;
                isChanged = true;
            }
        }
        return needs;
    }

    // A rule that begins with itself would be opened for ever. All rules take a byte at least, so only first ones count.
    private void RefuseLeftRecursion()
    {
        var states = new byte[Starts.Length];
        for (var rule = 0; rule < states.Length; rule++) Visit(rule, 0);

        void Visit(int rule, int depth)
        {
            if (depth > 500) throw new SchemaException("anyOf: more than 500 schemas are alternatives of each other.");
            if (states[rule] == 2) return;
            if (states[rule] == 1) throw new SchemaException("$ref: a schema is among its own alternatives.");
            states[rule] = 1;
            var (seen, open) = (new HashSet<int> { Starts[rule] }, new Stack<int>([Starts[rule]]));
            while (open.TryPop(out var node))
            {
                foreach (var edge in Moves[node])
                {
                    if (edge.Rule >= 0) Visit(edge.Rule, depth + 1);
                    else if (seen.Add(edge.Target)) open.Push(edge.Target);
                }
            }
            states[rule] = 2;
        }
    }
}
