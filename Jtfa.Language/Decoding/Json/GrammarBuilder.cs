using System.Text;

namespace Jtfa.Language.Decoding;

/// <summary>
/// Makes a grammar of bytes: rules, each a graph from its start to its end whose edges are ranges of bytes, nothing at all, or a whole
/// other rule (a recursive transition network, that is a pushdown automaton). Every method goes on from a node and gives the one reached.
/// </summary>
internal sealed class GrammarBuilder
{
    private readonly List<List<GrammarEdge>> _nodes = [];
    private readonly List<(int Start, int End)> _rules = [];

    public int Nodes => _nodes.Count;

    public IReadOnlyList<List<GrammarEdge>> Edges => _nodes;

    public IReadOnlyList<(int Start, int End)> Rules => _rules;

    public int Node()
    {
        _nodes.Add([]);
        return _nodes.Count - 1;
    }

    public int Rule()
    {
        _rules.Add((Node(), Node()));
        return _rules.Count - 1;
    }

    public void Bytes(int from, byte low, byte high, int to) => _nodes[from].Add(new(low, high, to, GrammarEdge.NoRule));

    public void Nothing(int from, int to) => _nodes[from].Add(new(0, 0, to, GrammarEdge.Free));

    public int Call(int from, int rule)
    {
        var to = Node();
        _nodes[from].Add(new(0, 0, to, rule));
        return to;
    }

    public int Literal(int from, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            var to = Node();
            Bytes(from, value, value, to);
            from = to;
        }
        return from;
    }

    public void Literal(int from, ReadOnlySpan<byte> bytes, int to) => Nothing(Literal(from, bytes), to);

    /// <summary>
    /// Space between parts: none, a blank, or a line's end with an indentation of up to 32 blanks. It has an end, so that a model cannot
    /// write space for ever.
    /// </summary>
    public int Space(int from)
    {
        var (to, indented) = (Node(), Node());
        Nothing(from, to);
        Bytes(from, (byte)' ', (byte)' ', to);
        Bytes(from, (byte)'\n', (byte)'\n', indented);
        for (var blanks = 0; blanks < 32; blanks++)
        {
            Nothing(indented, to);
            indented = Literal(indented, " "u8);
        }
        Nothing(indented, to);
        return to;
    }

    /// <summary>One character of a range, in UTF-8, as it is.</summary>
    public void Characters(int from, int low, int high, int to)
    {
        if (low <= 0xDFFF && high >= 0xD800)
        {
            // Surrogates are no characters.
            Characters(from, low, 0xD7FF, to);
            Characters(from, 0xE000, high, to);
            return;
        }
        foreach (var last in (int[])[0x7F, 0x7FF, 0xFFFF, 0x10FFFF])
        {
            if (low > high) return;
            if (low > last) continue;
            Sequences(from, Utf8(low), Utf8(Math.Min(high, last)), 0x80, 0xBF, to);
            low = last + 1;
        }
    }

    /// <summary>All sequences of bytes of one length between two, each byte but the first within a least and a most.</summary>
    public void Sequences(int from, ReadOnlySpan<byte> low, ReadOnlySpan<byte> high, byte least, byte most, int to)
    {
        if (low.Length == 1)
        {
            Bytes(from, low[0], high[0], to);
            return;
        }
        if (low[0] == high[0])
        {
            Sequences(Literal(from, low[..1]), low[1..], high[1..], least, most, to);
            return;
        }
        var (first, last, length) = (low[0], high[0], low.Length - 1);
        byte[] lowest = [.. Enumerable.Repeat(least, length)], highest = [.. Enumerable.Repeat(most, length)];
        if (low[1..].ContainsAnyExcept(least))
        {
            Sequences(Literal(from, [first]), low[1..], highest, least, most, to);
            first++;
        }
        if (high[1..].ContainsAnyExcept(most))
        {
            Sequences(Literal(from, [last]), lowest, high[1..], least, most, to);
            last--;
        }
        if (first > last) return;
        var middle = Node();
        Bytes(from, first, last, middle);
        Sequences(middle, lowest, highest, least, most, to);
    }

    private static byte[] Utf8(int character) => Encoding.UTF8.GetBytes(char.ConvertFromUtf32(character));
}

/// <summary>An edge of a grammar's graph.</summary>
/// <param name="Low">The least byte.</param>
/// <param name="High">The largest byte.</param>
/// <param name="Target">Where it leads.</param>
/// <param name="Rule">The rule that has to be gone through; or <see cref="NoRule"/> for bytes and <see cref="Free"/> for nothing.</param>
internal readonly record struct GrammarEdge(byte Low, byte High, int Target, int Rule)
{
    public const int NoRule = -1, Free = -2;
}
