using System.Globalization;

namespace Jtfa.Language.Decoding;

/// <summary>
/// A schema's <c>pattern</c> as grammar: a part of ECMA-262's regular expressions, namely characters, <c>.</c>, classes, <c>\d \w \s</c>
/// and their opposites, groups, <c>|</c>, the quantifiers, and <c>^</c> and <c>$</c> at the ends. Everything else is refused by name.
/// </summary>
internal sealed class JsonPattern
{
    private const int MostNodes = 200_000;
    private const int MostGroups = 50;
    // Readers of patterns differ on whether a character beyond counts once or twice. Where it is not named, it is left out.
    private const int LastOfOther = 0xFFFF;
    private static readonly (int Low, int High)[] s_digits = [('0', '9')];
    private static readonly (int Low, int High)[] s_word = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    // White space of ECMA-262 but for control characters other than tab and line ends.
    private static readonly (int Low, int High)[] s_space =
    [
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF),
    ];
    private static readonly (int Low, int High)[] s_lineEnds = [('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)];

    private readonly GrammarBuilder _grammar;
    private readonly string _pattern;
    private int _at;

    private JsonPattern(GrammarBuilder grammar, string pattern) => (_grammar, _pattern) = (grammar, pattern);

    /// <summary>A string that holds a match, quotes included.</summary>
    public static void Add(GrammarBuilder grammar, int from, string pattern, int to)
    {
        var (open, close) = (grammar.Literal(from, "\""u8), grammar.Node());
        grammar.Literal(close, "\""u8, to);
        var parser = new JsonPattern(grammar, pattern);
        do parser.Branch(open, close, isOutermost: true);
        while (parser.Take('|'));
        if (parser._at < pattern.Length) throw parser.Refused($"'{pattern[parser._at]}' at {parser._at} has no begin");
    }

    private void Branch(int from, int to, bool isOutermost)
    {
        if (isOutermost && !Take('^')) from = Anything(from);
        while (_at < _pattern.Length && _pattern[_at] is not '|' and not ')')
        {
            if (isOutermost && _pattern[_at] == '$' && (_at + 1 == _pattern.Length || _pattern[_at + 1] == '|'))
            {
                _at++;
                _grammar.Nothing(from, to);
                return;
            }
            from = Quantified(from);
        }
        if (isOutermost) from = Anything(from);
        _grammar.Nothing(from, to);
    }

    private int Anything(int from)
    {
        var loop = _grammar.Node();
        _grammar.Nothing(from, loop);
        JsonText.Character(_grammar, loop, loop);
        return loop;
    }

    // A part is read again for each time that it may come.
    private int Quantified(int from)
    {
        var start = _at;
        Skip();
        var (least, most) = Quantifier();
        var end = _at;
        for (var times = 0; times < least; times++) from = Again(from);
        if (most is null)
        {
            var loop = _grammar.Node();
            _grammar.Nothing(from, loop);
            _grammar.Nothing(Again(loop), loop);
            from = loop;
        }
        else
        {
            var to = _grammar.Node();
            for (var times = least; times < most; times++)
            {
                _grammar.Nothing(from, to);
                from = Again(from);
            }
            _grammar.Nothing(from, to);
            from = to;
        }
        _at = end;
        return from;

        int Again(int node)
        {
            _at = start;
            if (_grammar.Nodes > MostNodes) throw Refused("its quantifiers make it too large");
            return Part(node);
        }
    }

    // Goes past a part without making it, to see its quantifier first.
    private void Skip()
    {
        var depth = 0;
        do
        {
            if (_at >= _pattern.Length) throw Refused("'(' has no ')'");
            switch (_pattern[_at])
            {
                case '(': depth++; break;
                case ')': depth--; break;
                case '\\' when _at + 1 < _pattern.Length: _at += _pattern[_at + 1] switch { 'u' => 5, 'x' => 3, _ => 1 }; break;
                case '[':
                    while (_at < _pattern.Length && _pattern[_at] != ']') _at += _pattern[_at] == '\\' ? 2 : 1;
                    break;
                default:
                    if (char.IsHighSurrogate(_pattern[_at])) _at++;
                    break;
            }
            _at++;
            if (depth > MostGroups) throw Refused($"more than {MostGroups} groups in each other");
        }
        while (depth > 0);
    }

    private (int Least, int? Most) Quantifier()
    {
        (int Least, int? Most) times = (1, 1);
        if (Take('*')) times = (0, null);
        else if (Take('+')) times = (1, null);
        else if (Take('?')) times = (0, 1);
        else if (Take('{'))
        {
            times.Least = Number();
            times.Most = !Take(',') ? times.Least : _at < _pattern.Length && _pattern[_at] == '}' ? null : Number();
            if (!Take('}')) throw Refused("'{' needs {m}, {m,} or {m,n}");
            if (times.Most < times.Least) throw Refused($"{{{times.Least},{times.Most}}} has its bounds the wrong way round");
        }
        // Which of several matches is found makes no difference here.
        Take('?');
        if (_at < _pattern.Length && _pattern[_at] is '*' or '+') throw Refused($"'{_pattern[_at]}' after a quantifier");
        return times;
    }

    private int Part(int from)
    {
        var to = _grammar.Node();
        var letter = _pattern[_at++];
        switch (letter)
        {
            case '(':
                if (Take('?') && !Take(':')) throw Refused("(? is supported as (?: alone");
                do Branch(from, to, isOutermost: false);
                while (Take('|'));
                if (!Take(')')) throw Refused("'(' has no ')'");
                break;
            case '[': Add(from, Class(), to); break;
            case '.': Add(from, Other(s_lineEnds), to); break;
            case '\\': Add(from, Escape(), to); break;
            case '*' or '+' or '?' or '{' or '^' or '$': throw Refused($"'{letter}' at {_at - 1} is not supported there");
            default:
                _at--;
                var rune = Rune();
                Add(from, [(rune, rune)], to);
                break;
        }
        return to;
    }

    private (int Low, int High)[] Class()
    {
        var isOther = Take('^');
        List<(int Low, int High)> ranges = [];
        while (!Take(']'))
        {
            var low = Member();
            var isOne = low.Length == 1 && low[0].Low == low[0].High;
            if (isOne && _at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                var high = Member();
                if (high.Length != 1 || high[0].High < low[0].Low) throw Refused("a range of a class has its bounds the wrong way round");
                ranges.Add((low[0].Low, high[0].High));
            }
            else ranges.AddRange(low);
        }
        return isOther ? Other(ranges) : [.. ranges];

        (int Low, int High)[] Member()
        {
            if (_at >= _pattern.Length) throw Refused("'[' has no ']'");
            if (Take('\\')) return Escape();
            var rune = Rune();
            return [(rune, rune)];
        }
    }

    private (int Low, int High)[] Escape()
    {
        if (_at >= _pattern.Length) throw Refused(@"it ends with '\'");
        var letter = _pattern[_at++];
        int One() => letter switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'f' => '\f', 'v' => '\v', _ => letter };
        return letter switch
        {
            'd' => s_digits,
            'D' => Other(s_digits),
            'w' => s_word,
            'W' => Other(s_word),
            's' => s_space,
            'S' => Other(s_space),
            'u' => [(Hex(4), Hex(0))],
            'x' => [(Hex(2), Hex(0))],
            'n' or 'r' or 't' or 'f' or 'v' => [(One(), One())],
            _ when !char.IsAsciiLetterOrDigit(letter) => [(letter, letter)],
            _ => throw Refused($@"'\{letter}' is not supported"),
        };
    }

    private int _hex;

    // With 0 digits: the number that was read last.
    private int Hex(int digits)
    {
        if (digits == 0) return _hex;
        if (_at + digits > _pattern.Length
            || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _hex))
            throw Refused($"an escape needs {digits} hexadecimal digits");
        _at += digits;
        return _hex;
    }

    private int Rune()
    {
        if (!System.Text.Rune.TryGetRuneAt(_pattern, _at, out var rune)) throw Refused("it is no Unicode text");
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private int Number()
    {
        var start = _at;
        while (_at < _pattern.Length && char.IsAsciiDigit(_pattern[_at])) _at++;
        if (!int.TryParse(_pattern.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw Refused("'{' needs {m}, {m,} or {m,n}");
        return number;
    }

    private bool Take(char letter)
    {
        if (_at >= _pattern.Length || _pattern[_at] != letter) return false;
        _at++;
        return true;
    }

    // Characters as a JSON string writes them: those that have to be escaped in their short form; other control characters never come.
    private void Add(int from, (int Low, int High)[] ranges, int to)
    {
        foreach (var (low, high) in ranges)
        {
            foreach (var plain in JsonText.Plain)
                _grammar.Characters(from, Math.Max(low, plain.Low), Math.Min(high, plain.High), to);
            foreach (var (character, escape) in (ReadOnlySpan<(char, char)>)
                [('"', '"'), ('\\', '\\'), ('\b', 'b'), ('\f', 'f'), ('\n', 'n'), ('\r', 'r'), ('\t', 't')])
                if (low <= character && character <= high) _grammar.Literal(from, [(byte)'\\', (byte)escape], to);
        }
    }

    private static (int Low, int High)[] Other(IEnumerable<(int Low, int High)> ranges)
    {
        List<(int Low, int High)> others = [];
        var next = 0;
        foreach (var (low, high) in ranges.Order())
        {
            if (low > next) others.Add((next, low - 1));
            next = Math.Max(next, high + 1);
        }
        if (next <= LastOfOther) others.Add((next, LastOfOther));
        return [.. others];
    }

    private SchemaException Refused(string why) => new($"pattern '{_pattern}': {why}");
}
