using System.Globalization;
using System.Text;

namespace Jtfa.Language.Decoding;

/// <summary>The parts of JSON texts (RFC 8259) as grammar.</summary>
internal static class JsonText
{
    /// <summary>Digits of whole numbers at most: as many as a double holds exactly.</summary>
    public const int Digits = 15;

    /// <summary>Characters of strings that need no escape.</summary>
    public static readonly (int Low, int High)[] Plain = [(0x20, 0x21), (0x23, 0x5B), (0x5D, 0x10FFFF)];

    /// <summary>One character of a string: plain, or in any of its escaped forms. Surrogates come in pairs.</summary>
    public static void Character(GrammarBuilder grammar, int from, int to)
    {
        foreach (var (low, high) in Plain) grammar.Characters(from, low, high, to);
        var escape = grammar.Literal(from, "\\"u8);
        foreach (var letter in "\"\\/bfnrt"u8) grammar.Bytes(escape, letter, letter, to);
        var unicode = grammar.Literal(escape, "u"u8);
        // Four digits, but not those of a surrogate alone, D800 to DFFF.
        Hex(grammar, unicode, "0123456789abcefABCEF", 3, to);
        var d = grammar.Node();
        OneOf(grammar, unicode, "dD", d);
        Hex(grammar, d, "01234567", 2, to);
        var (high2, low2) = (grammar.Node(), grammar.Node());
        Hex(grammar, d, "89abAB", 2, high2);
        OneOf(grammar, grammar.Literal(high2, "\\u"u8), "dD", low2);
        Hex(grammar, low2, "cdefCDEF", 2, to);
    }

    /// <summary>A string of so many characters; most is null for any number.</summary>
    public static void String(GrammarBuilder grammar, int from, int character, int least, int? most, int to)
    {
        var node = grammar.Literal(from, "\""u8);
        for (var length = 0; length < least; length++) node = grammar.Call(node, character);
        if (most is null)
        {
            var loop = grammar.Node();
            grammar.Nothing(node, loop);
            Character(grammar, loop, loop);
            grammar.Literal(loop, "\""u8, to);
            return;
        }
        var end = grammar.Node();
        for (var length = least; length < most; length++)
        {
            grammar.Nothing(node, end);
            node = grammar.Call(node, character);
        }
        grammar.Nothing(node, end);
        grammar.Literal(end, "\""u8, to);
    }

    /// <summary>A string that is none of some names, written without escapes.</summary>
    public static void OtherName(GrammarBuilder grammar, int from, IReadOnlyCollection<string> names, int to)
    {
        var (open, free) = (grammar.Literal(from, "\""u8), grammar.Node());
        foreach (var (low, high) in Plain) grammar.Characters(free, low, high, free);
        grammar.Literal(free, "\""u8, to);
        var branches = new Stack<(int Node, List<int[]> Names, int At)>();
        branches.Push((open, [.. names.Select(name => name.EnumerateRunes().Select(rune => rune.Value).ToArray())], 0));
        while (branches.TryPop(out var branch)) Branch(branch.Node, branch.Names, branch.At);

        void Branch(int node, List<int[]> left, int at)
        {
            if (!left.Exists(name => name.Length == at)) grammar.Literal(node, "\""u8, to);
            var letters = left.Where(name => name.Length > at).GroupBy(name => name[at]).OrderBy(letter => letter.Key).ToList();
            foreach (var (low, high) in Plain)
            {
                var first = low;
                foreach (var letter in letters.Where(letter => letter.Key >= low && letter.Key <= high))
                {
                    grammar.Characters(node, first, letter.Key - 1, free);
                    var next = grammar.Node();
                    grammar.Characters(node, letter.Key, letter.Key, next);
                    branches.Push((next, [.. letter], at + 1));
                    first = letter.Key + 1;
                }
                grammar.Characters(node, first, high, free);
            }
        }
    }

    /// <summary>A whole number of up to 15 digits.</summary>
    public static void Integer(GrammarBuilder grammar, int from, int to)
    {
        var digits = grammar.Node();
        grammar.Nothing(from, digits);
        grammar.Literal(from, "-"u8, digits);
        grammar.Literal(digits, "0"u8, to);
        var more = grammar.Node();
        grammar.Bytes(digits, (byte)'1', (byte)'9', more);
        UpTo(grammar, more, Digits - 1, to);
    }

    /// <summary>A whole number from the one to the other, both of up to 15 digits.</summary>
    public static void Integer(GrammarBuilder grammar, int from, long low, long high, int to)
    {
        if (low < 0) Natural(grammar.Literal(from, "-"u8), Math.Max(1, -high), -low);
        if (high >= 0) Natural(from, Math.Max(0, low), high);

        void Natural(int node, long least, long most)
        {
            for (var (power, length) = (1L, 1); length <= Digits; power *= 10, length++)
            {
                var (first, last) = (Math.Max(least, length == 1 ? 0 : power), Math.Min(most, power * 10 - 1));
                if (first <= last) grammar.Sequences(node, Text(first), Text(last), (byte)'0', (byte)'9', to);
            }
        }

        static byte[] Text(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A number: up to 15 digits before the point and after it, and an exponent of one digit.</summary>
    public static void Number(GrammarBuilder grammar, int from, int to)
    {
        var (whole, fraction) = (grammar.Node(), grammar.Node());
        Integer(grammar, from, whole);
        grammar.Nothing(whole, fraction);
        var decimals = grammar.Node();
        grammar.Bytes(grammar.Literal(whole, "."u8), (byte)'0', (byte)'9', decimals);
        UpTo(grammar, decimals, Digits - 1, fraction);
        grammar.Nothing(fraction, to);
        var exponent = grammar.Node();
        OneOf(grammar, fraction, "eE", exponent);
        var digit = grammar.Node();
        grammar.Nothing(exponent, digit);
        OneOf(grammar, exponent, "+-", digit);
        grammar.Bytes(digit, (byte)'0', (byte)'9', to);
    }

    private static void UpTo(GrammarBuilder grammar, int from, int digits, int to)
    {
        for (; digits > 0; digits--)
        {
            grammar.Nothing(from, to);
            var next = grammar.Node();
            grammar.Bytes(from, (byte)'0', (byte)'9', next);
            from = next;
        }
        grammar.Nothing(from, to);
    }

    private static void Hex(GrammarBuilder grammar, int from, string first, int more, int to)
    {
        var node = grammar.Node();
        OneOf(grammar, from, first, node);
        for (; more > 0; more--)
        {
            var next = more == 1 ? to : grammar.Node();
            OneOf(grammar, node, "0123456789abcdefABCDEF", next);
            node = next;
        }
    }

    private static void OneOf(GrammarBuilder grammar, int from, string letters, int to)
    {
        foreach (var letter in letters) grammar.Bytes(from, (byte)letter, (byte)letter, to);
    }
}
