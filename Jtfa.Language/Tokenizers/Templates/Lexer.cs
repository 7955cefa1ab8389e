using System.Globalization;
using System.Text;

namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>What a piece of a template is.</summary>
internal enum PieceKind
{
    /// <summary>Text that is copied.</summary>
    Data,

    /// <summary>{{</summary>
    OutputBegin,

    /// <summary>}}</summary>
    OutputEnd,

    /// <summary>{%</summary>
    BlockBegin,

    /// <summary>%}</summary>
    BlockEnd,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A literal; the value is in <see cref="Piece.Value"/>.</summary>
    Literal,

    /// <summary>An operator or a bracket.</summary>
    Operator,

    /// <summary>The end.</summary>
    End,
}

/// <summary>A piece of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it is written.</param>
/// <param name="Line">Where.</param>
/// <param name="Value">Of a literal.</param>
internal readonly record struct Piece(PieceKind Kind, string Text, int Line, object? Value = null);

/// <summary>
/// Cuts a template into pieces as Jinja 3 does with the options that chat templates are written for: trim_blocks (a line feed behind a
/// block goes) and lstrip_blocks (blanks before a block that begins its line go).
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] s_operators =
    [
        "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",",
    ];

    private readonly string _source;
    private readonly List<Piece> _pieces = [];
    private int _at;
    private int _line = 1;
    private int _lines;
    private int _counted;

    private Lexer(string source) => _source = source;

    public static List<Piece> Cut(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (source.EndsWith('\n')) source = source[..^1];
        var lexer = new Lexer(source);
        lexer.CutAll();
        return lexer._pieces;
    }

    private char Current => _at < _source.Length ? _source[_at] : '\0';

    private void CutAll()
    {
        var startsLine = true;
        while (_at < _source.Length)
        {
            var tag = NextTag(_at);
            var data = _source[_at..tag];
            if (tag == _source.Length)
            {
                AddData(data);
                break;
            }

            var kind = _source[tag + 1];
            var sign = tag + 2 < _source.Length && _source[tag + 2] is '-' or '+' ? _source[tag + 2] : ' ';
            if (sign == '-') AddData(data.TrimEnd());
            else if (sign != '+' && kind != '{') AddData(WithoutIndent(data, startsLine));
            else AddData(data);
            CountLines(tag);
            _at = tag + (sign == ' ' ? 2 : 3);
            startsLine = kind switch
            {
                '#' => Comment(),
                '{' => Output(),
                _ => Block(),
            };
        }

        _pieces.Add(new(PieceKind.End, "the end", 1 + _source.AsSpan().Count('\n')));
    }

    private void CountLines(int to)
    {
        _lines += _source.AsSpan(_counted, to - _counted).Count('\n');
        (_counted, _line) = (to, 1 + _lines);
    }

    private int NextTag(int from)
    {
        for (var at = from; ; at++)
        {
            at = _source.IndexOf('{', at);
            if (at < 0 || at + 1 >= _source.Length) return _source.Length;
            if (_source[at + 1] is '{' or '%' or '#') return at;
        }
    }

    private void AddData(string data)
    {
        if (data.Length > 0) _pieces.Add(new(PieceKind.Data, data, _line));
    }

    private static string WithoutIndent(string data, bool startsLine)
    {
        var start = data.LastIndexOf('\n') + 1;
        return (start > 0 || startsLine) && string.IsNullOrWhiteSpace(data[start..]) ? data[..start] : data;
    }

    private bool Comment()
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw new TemplateException(_line, "a comment '{#' has no end '#}'");
        var sign = end > _at && _source[end - 1] is '-' or '+' ? _source[end - 1] : ' ';
        _at = end + 2;
        return AfterBlock(sign);
    }

    private bool Output()
    {
        _pieces.Add(new(PieceKind.OutputBegin, "{{", _line));
        var stripped = CutCode("}}");
        _pieces.Add(new(PieceKind.OutputEnd, "}}", _line));
        return stripped && SkipBlanks();
    }

    private bool Block()
    {
        var first = _pieces.Count;
        _pieces.Add(new(PieceKind.BlockBegin, "{%", _line));
        var stripped = CutCode("%}", out var sign);
        var isRaw = _pieces.Count == first + 2 && _pieces[^1].Text == "raw";
        _pieces.Add(new(PieceKind.BlockEnd, "%}", _line));
        if (!isRaw) return AfterBlock(stripped ? '-' : sign);
        _pieces.RemoveRange(first, 3);
        if (stripped) SkipBlanks();
        return Raw();
    }

    private bool Raw()
    {
        for (var at = _at; (at = _source.IndexOf("{%", at, StringComparison.Ordinal)) >= 0; at += 2)
        {
            var inner = at + 2;
            var begin = inner < _source.Length && _source[inner] is '-' or '+' ? _source[inner++] : ' ';
            while (inner < _source.Length && char.IsWhiteSpace(_source[inner])) inner++;
            if (string.CompareOrdinal(_source, inner, "endraw", 0, 6) != 0) continue;
            inner += 6;
            while (inner < _source.Length && char.IsWhiteSpace(_source[inner])) inner++;
            var end = inner < _source.Length && _source[inner] is '-' or '+' ? _source[inner++] : ' ';
            if (string.CompareOrdinal(_source, inner, "%}", 0, 2) != 0) continue;
            var data = _source[_at..at];
            AddData(begin == '-' ? data.TrimEnd() : begin == '+' ? data : WithoutIndent(data, startsLine: false));
            _at = inner + 2;
            return AfterBlock(end);
        }

        throw new TemplateException(_line, "'raw' has no 'endraw'");
    }

    /// <summary>What follows the end of a block or a comment.</summary>
    /// <returns>Whether a line begins here.</returns>
    private bool AfterBlock(char sign)
    {
        if (sign == '-') return SkipBlanks();
        if (sign == '+' || Current != '\n') return false;
        _at++;
        return true;
    }

    private bool SkipBlanks()
    {
        var start = _at;
        while (_at < _source.Length && char.IsWhiteSpace(_source[_at])) _at++;
        return _at > start && _source[_at - 1] == '\n';
    }

    private bool CutCode(string end) => CutCode(end, out _);

    /// <summary>Cuts what stands within a tag, and its end.</summary>
    /// <returns>Whether the end strips blanks.</returns>
    private bool CutCode(string end, out char sign)
    {
        var depth = 0;
        while (true)
        {
            while (char.IsWhiteSpace(Current))
            {
                if (Current == '\n') _line++;
                _at++;
            }

            if (_at >= _source.Length) throw new TemplateException(_line, $"a tag has no end '{end}'");
            sign = Current is '-' or '+' && string.CompareOrdinal(_source, _at + 1, end, 0, 2) == 0 ? Current : ' ';
            if (sign == '-' || (sign == '+' && end == "%}") || (depth == 0 && string.CompareOrdinal(_source, _at, end, 0, 2) == 0))
            {
                _at += sign == ' ' ? 2 : 3;
                return sign == '-';
            }

            if (Current is '"' or '\'') String();
            else if (char.IsAsciiDigit(Current)) Number();
            else if (char.IsLetter(Current) || Current == '_') Word();
            else
            {
                var text = Array.Find(s_operators, known => string.CompareOrdinal(_source, _at, known, 0, known.Length) == 0) ??
                    throw new TemplateException(_line, $"the character '{Current}' means nothing here");
                depth += text is "(" or "[" or "{" ? 1 : text is ")" or "]" or "}" ? -1 : 0;
                _pieces.Add(new(PieceKind.Operator, text, _line));
                _at += text.Length;
            }
        }
    }

    private void Word()
    {
        var start = _at;
        while (char.IsLetterOrDigit(Current) || Current == '_') _at++;
        _pieces.Add(new(PieceKind.Name, _source[start.._at], _line));
    }

    private void Number()
    {
        var start = _at;
        while (char.IsAsciiDigit(Current) || Current == '_') _at++;
        var isWhole = true;
        if (Current == '.' && _at + 1 < _source.Length && char.IsAsciiDigit(_source[_at + 1]))
        {
            isWhole = false;
            _at++;
            while (char.IsAsciiDigit(Current)) _at++;
        }

        var sign = _at + 1 < _source.Length && _source[_at + 1] is '+' or '-' ? 2 : 1;
        if (Current is 'e' or 'E' && _at + sign < _source.Length && char.IsAsciiDigit(_source[_at + sign]))
        {
            isWhole = false;
            _at += sign;
            while (char.IsAsciiDigit(Current)) _at++;
        }

        var text = _source[start.._at];
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        object value = isWhole
            ? long.TryParse(digits, CultureInfo.InvariantCulture, out var whole)
                ? (object)whole
                : throw new TemplateException(_line, $"the number {text} is too large")
            : double.Parse(digits, CultureInfo.InvariantCulture);
        _pieces.Add(new(PieceKind.Literal, text, _line, value));
    }

    private void String()
    {
        var (quote, line) = (Current, _line);
        var value = new StringBuilder();
        for (_at++; Current != quote; _at++)
        {
            if (_at >= _source.Length) throw new TemplateException(line, "a string has no end");
            if (Current == '\n') _line++;
            if (Current == '\\') Escape(value);
            else value.Append(Current);
        }

        _at++;
        _pieces.Add(new(PieceKind.Literal, "a string", line, value.ToString()));
    }

    private void Escape(StringBuilder value)
    {
        _at++;
        var digits = Current switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            var code = -1;
            if (_at + digits < _source.Length)
                _ = int.TryParse(_source.AsSpan(_at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
            if (code is < 0 or > 0x10ffff || (code == 0 && _source[_at + digits] != '0'))
                throw new TemplateException(_line, $"'\\{Current}' is not followed by a character's number");
            _at += digits;
            value.Append(code < 0x10000 ? $"{(char)code}" : char.ConvertFromUtf32(code));
            return;
        }

        value.Append(Current switch
        {
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            'a' => "\a",
            'b' => "\b",
            'f' => "\f",
            'v' => "\v",
            '0' => "\0",
            '\n' => "",
            '\\' or '\'' or '"' => $"{Current}",
            _ => $"\\{Current}",
        });
    }
}
