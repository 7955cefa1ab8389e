using Jtfa.Language.Files;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// Cuts text into words before a byte-level tokenizer merges within them: expressions applied in turn, each to every piece that the one
/// before it left, what matches and what lies between being pieces.
/// </summary>
/// <remarks>
/// The expressions are those that models were published with (tokenizer.json). They are written out instead of run by
/// <see cref="System.Text.RegularExpressions"/> because that one sees a character beyond U+FFFF as two that have no class, and because
/// each of these takes linear time whatever the text.
/// </remarks>
internal sealed class PreTokenizer
{
    private const string Key = "tokenizer.ggml.pre";

    private static readonly Step s_gpt2 = Matching(Gpt2);
    private static readonly Step s_digit = Matching((text, at) => Letters.IsNumber(text[at]) ? 1 : 0);
    private static readonly Step s_lineBreak = Matching((text, at) => Letters.IsLineBreak(text[at]) ? 1 : 0);
    private static readonly Step s_threeDigits = Matching((text, at) => Run(text, at, IsAsciiDigit, 3) == 3 ? 3 : 0);
    private static readonly Step s_ideographs = Matching((text, at) => Run(text, at, IsIdeograph));

    private static readonly Dictionary<string, PreTokenizer> s_byName = new(StringComparer.Ordinal)
    {
        ["default"] = new(
            Matching((text, at) => Run(text, at, letter => letter != '`' && IsFalconMark(letter))),
            s_gpt2, Matching((text, at) => Run(text, at, Letters.IsNumber)), s_threeDigits),
        ["gpt-2"] = new(s_gpt2),
        ["mpt"] = new(s_gpt2),
        ["starcoder"] = new(s_digit, s_gpt2),
        ["refact"] = new(s_digit, s_gpt2),
        ["command-r"] = new(s_digit, s_gpt2),
        ["falcon"] = new(Matching((text, at) => Run(text, at, IsFalconMark)), s_gpt2, s_threeDigits),
        ["llama-bpe"] = new(Matching((text, at) => Llama3(text, at, 3))) { TakesWholeWords = true, AddsBos = true },
        ["qwen2"] = new(Matching((text, at) => Llama3(text, at, 1))),
        ["deepseek-llm"] = new(
            s_lineBreak, Matching((text, at) => AfterBlank(text, at, letter => Letters.IsIn(CasedLetters, letter))),
            Matching((text, at) => AfterBlank(text, at, letter => Letters.IsIn(DeepSeekMarks, letter))),
            TrailingBlanks, s_ideographs, Matching((text, at) => Run(text, at, Letters.IsNumber))),
        ["deepseek-coder"] = new(
            s_lineBreak, Matching((text, at) => AfterBlank(text, at, Letters.IsLetter)),
            Matching((text, at) => AfterBlank(text, at, Letters.IsPunctuation)), s_ideographs, s_digit),
        ["bloom"] = new(Matching(Bloom)),
    };

    private readonly Step[] _steps;

    private PreTokenizer(params Step[] steps) => _steps = steps;

    private delegate void Step(ReadOnlySpan<int> text, int start, int end, List<int> ends);

    private delegate int Match(ReadOnlySpan<int> text, int at);

    /// <summary>Whether a word that is a token is not merged from its bytes.</summary>
    public bool TakesWholeWords { get; private init; }

    /// <summary>Whether models of this kind begin a text with BOS where their file does not say.</summary>
    public bool AddsBos { get; private init; }

    // \p{L&} as DeepSeek's file spells it out.
    private static ReadOnlySpan<int> CasedLetters =>
    [
        0x41, 0x5a, 0x61, 0x7a, 0xb5, 0xb5, 0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0x1ba, 0x1bc, 0x1bf, 0x1c4, 0x293, 0x295, 0x2af, 0x370, 0x373,
        0x376, 0x377, 0x37b, 0x37d, 0x37f, 0x37f, 0x386, 0x386, 0x388, 0x38a, 0x38c, 0x38c, 0x38e, 0x3a1, 0x3a3, 0x3f5, 0x3f7, 0x481,
        0x48a, 0x52f, 0x531, 0x556, 0x10a0, 0x10c5, 0x13a0, 0x13f5, 0x13f8, 0x13fd, 0x1c90, 0x1cba, 0x1cbd, 0x1cbf, 0x1d00, 0x1d2b,
        0x1d6b, 0x1d77, 0x1d79, 0x1d9a, 0x1e00, 0x1f15, 0x1f18, 0x1f1d, 0x1f20, 0x1f45, 0x1f48, 0x1f4d, 0x1f50, 0x1f57, 0x1f59, 0x1f59,
        0x1f5b, 0x1f5b, 0x1f5d, 0x1f5d, 0x1f5f, 0x1f7d, 0x1f80, 0x1fb4, 0x1fb6, 0x1fbc, 0x1fbe, 0x1fbe, 0x1fc2, 0x1fc4, 0x1fc6, 0x1fcc,
        0x1fd0, 0x1fd3, 0x1fd6, 0x1fdb, 0x1fe0, 0x1fec, 0x1ff2, 0x1ff4, 0x1ff6, 0x1ffc, 0x2102, 0x2102, 0x2107, 0x2107, 0x210a, 0x2113,
        0x2115, 0x2115, 0x2119, 0x211d, 0x2124, 0x2124, 0x2126, 0x2126, 0x2128, 0x2128, 0x212a, 0x212d, 0x212f, 0x2134, 0x2139, 0x2139,
        0x213c, 0x213f, 0x2145, 0x2149, 0x214e, 0x214e, 0x2183, 0x2184, 0x2c00, 0x2c7b, 0x2c7e, 0x2ce4, 0x2ceb, 0x2cee, 0x2cf2, 0x2cf3,
        0xa640, 0xa66d, 0xa680, 0xa69b, 0xa722, 0xa76f, 0xa771, 0xa787, 0xa78b, 0xa78e, 0xab70, 0xabbf, 0xfb00, 0xfb06, 0xfb13, 0xfb17,
        0xff21, 0xff3a, 0xff41, 0xff5a, 0x10400, 0x1044f, 0x104b0, 0x104d3, 0x104d8, 0x104fb, 0x10c80, 0x10cb2, 0x10cc0, 0x10cf2,
        0x118a0, 0x118df, 0x1e900, 0x1e943,
    ];

    // [!-/:-~！-／：-～‘-‟　-。]
    private static ReadOnlySpan<int> DeepSeekMarks =>
        [0x21, 0x2f, 0x3a, 0x7e, 0x2018, 0x201f, 0x3000, 0x3002, 0xff01, 0xff0f, 0xff1a, 0xff5e];

    /// <summary>The one that a model file names.</summary>
    /// <exception cref="ModelFileException">It names one that is not known.</exception>
    public static PreTokenizer Of(GgufMetadata metadata)
    {
        if (!metadata.TryGet<string>(Key, out var name)) name = "default";
        if (s_byName.TryGetValue(name, out var known)) return known;
        var names = string.Join(", ", s_byName.Keys.Order(StringComparer.Ordinal));
        throw new ModelFileException(metadata.File, $"{Key}={Vocabulary.Shown(name)}: known are {names}");
    }

    /// <summary>Cuts a text.</summary>
    /// <param name="text">Code points.</param>
    /// <returns>Where each word ends, in ascending order.</returns>
    public List<int> Cut(ReadOnlySpan<int> text)
    {
        List<int> ends = text.IsEmpty ? [] : [text.Length], before = [];
        foreach (var step in _steps)
        {
            (ends, before) = (before, ends);
            ends.Clear();
            var start = 0;
            foreach (var end in before)
            {
                step(text[..end], start, end, ends);
                start = end;
            }
        }

        return ends;
    }

    /// <summary>A step that looks for a match at one place after another.</summary>
    /// <param name="match">The length of the match at a place of a piece; 0: none.</param>
    private static Step Matching(Match match) => (text, start, end, ends) =>
    {
        for (var at = start; at < end;)
        {
            var length = match(text, at);
            if (length == 0)
            {
                at++;
                continue;
            }

            if (at > start) ends.Add(at);
            ends.Add(start = at += length);
        }

        if (start < end) ends.Add(end);
    };

    // \s+$
    private static void TrailingBlanks(ReadOnlySpan<int> text, int start, int end, List<int> ends)
    {
        var at = end;
        while (at > start && Letters.IsBlank(text[at - 1])) at--;
        if (at > start) ends.Add(at);
        if (at < end) ends.Add(end);
    }

    // '(s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    private static int Gpt2(ReadOnlySpan<int> text, int at)
    {
        if (Contraction(text, at, 0) is > 0 and var contraction) return contraction;
        var blank = text[at] == ' ' && at + 1 < text.Length ? 1 : 0;
        var first = text[at + blank];
        if (Letters.IsLetter(first)) return blank + Run(text, at + blank, Letters.IsLetter);
        if (Letters.IsNumber(first)) return blank + Run(text, at + blank, Letters.IsNumber);
        if (Letters.IsOther(first)) return blank + Run(text, at + blank, Letters.IsOther);
        return Blanks(text, at);
    }

    // (?i:'(s|t|re|ve|m|ll|d))|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
    private static int Llama3(ReadOnlySpan<int> text, int at, int digits)
    {
        if (Contraction(text, at, 0x20) is > 0 and var contraction) return contraction;
        var first = text[at];
        if (Letters.IsLetter(first)) return Run(text, at, Letters.IsLetter);
        if (Letters.IsNumber(first)) return Run(text, at, Letters.IsNumber, digits);
        if (!Letters.IsLineBreak(first) && Run(text, at + 1, Letters.IsLetter) is > 0 and var letters) return 1 + letters;
        var blank = first == ' ' ? 1 : 0;
        if (Run(text, at + blank, Letters.IsOther) is > 0 and var others)
            return blank + others + Run(text, at + blank + others, Letters.IsLineBreak);
        var all = Run(text, at, Letters.IsBlank);
        var lines = text.Slice(at, all).LastIndexOfAny('\r', '\n');
        return lines >= 0 ? lines + 1 : Blanks(text, at);
    }

    //  ?[^(\s|.,!?…。，、।۔،)]+
    private static int Bloom(ReadOnlySpan<int> text, int at)
    {
        var blank = text[at] == ' ' ? 1 : 0;
        var length = Run(text, at + blank, letter => !Letters.IsBlank(letter) && letter is not (
            '(' or '|' or '.' or ',' or '!' or '?' or ')' or '…' or '。' or '，' or '、' or '\u0964' or '\u06d4' or '\u060c'));
        return length > 0 ? blank + length : 0;
    }

    /// <summary>An apostrophe and what English writes behind it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">The place.</param>
    /// <param name="capitals">0x20: capital letters count, too; 0: they do not.</param>
    private static int Contraction(ReadOnlySpan<int> text, int at, int capitals)
    {
        if (text[at] != '\'' || at + 1 >= text.Length) return 0;
        var first = Small(text[at + 1]);
        if (first is 's' or 't' or 'm' or 'd') return 2;
        var second = at + 2 < text.Length ? Small(text[at + 2]) : 0;
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;

        int Small(int letter) => letter is >= 'A' and <= 'Z' ? letter | capitals : letter;
    }

    /// <summary>\s+(?!\S)|\s+, at a blank: a run up to the end, or all but the last of one that goes before something.</summary>
    private static int Blanks(ReadOnlySpan<int> text, int at)
    {
        var length = Run(text, at, Letters.IsBlank);
        return length > 1 && at + length < text.Length ? length - 1 : length;
    }

    private static int AfterBlank(ReadOnlySpan<int> text, int at, Func<int, bool> isMember)
    {
        var blank = Letters.IsBlank(text[at]) ? 1 : 0;
        var length = Run(text, at + blank, isMember);
        if (length > 0) return blank + length;

        // The blank itself may be a member (U+3000).
        return blank > 0 && isMember(text[at]) ? 1 : 0;
    }

    private static int Run(ReadOnlySpan<int> text, int at, Func<int, bool> isMember, int most = int.MaxValue)
    {
        var length = 0;
        while (length < most && at + length < text.Length && isMember(text[at + length])) length++;
        return length;
    }

    private static bool IsAsciiDigit(int letter) => letter is >= '0' and <= '9';

    private static bool IsIdeograph(int letter) => letter is (>= 0x800 and <= 0x9fa5) or (>= 0xac00 and <= 0xd7ff);

    // [\p{P}$+<=>^~|`]
    private static bool IsFalconMark(int letter) =>
        letter is '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|' or '`' || Letters.IsPunctuation(letter);
}
