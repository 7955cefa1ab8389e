using System.Globalization;
using System.Text;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// WordPiece (<c>tokenizer.ggml.model</c> = bert): text without marks and capitals, cut at blanks, punctuation and ideographs; of a word,
/// the longest token that it begins with, and so on, or the unknown token for all of it. Devlin et al., BERT, 2018.
/// </summary>
/// <remarks>
/// In a GGUF file tokens that begin words are written with ▁ before them, those that continue words without BERT's ##. Differs from
/// llama.cpp where that one differs from BERT: Hangul is decomposed to all of its letters, and marks that take room are kept.
/// </remarks>
internal sealed class WordPieceTokenizer : Tokenizer
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly int _longest;
    private readonly int _unknown;
    private readonly bool _lowers;
    private readonly bool _stripsMarks;

    public WordPieceTokenizer(Vocabulary vocabulary)
        : base(
            vocabulary, addsBos: true, vocabulary.Id("bos", 101) ?? vocabulary.Id("cls", 101), addsEos: true,
            vocabulary.Id("eos") ?? vocabulary.Id("seperator") ?? vocabulary.Id("sep", 102))
    {
        _unknown = vocabulary.Id("unknown", 100) ??
            throw vocabulary.Fault("it has no token for unknown words: set tokenizer.ggml.unknown_token_id");
        _lowers = vocabulary.Flag("normalizer.lowercase", true);
        _stripsMarks = vocabulary.Flag("normalizer.strip_accents", _lowers);
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Texts.Length; id++)
        {
            if (!vocabulary.IsText(id)) continue;
            ids.TryAdd(vocabulary.Texts[id], id);
            _longest = Math.Max(_longest, vocabulary.Texts[id].Length);
        }

        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    internal override bool BeginsWithBlank => true;

    private protected override void AppendText(List<byte> bytes, string text) => AppendUnescaped(bytes, text);

    private protected override void EncodeText(ReadOnlySpan<char> text, bool afterSpecial, List<int> ids)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (_stripsMarks) Decomposition.Append(rune.Value, letter => Take(letter));
            else Take(rune.Value);
        }

        Flush();

        void Take(int letter)
        {
            if (Letters.IsBlank(letter))
            {
                Flush();
                return;
            }

            var category = Letters.Category(letter);
            if (letter is 0 or 0xfffd || (_stripsMarks && category == UnicodeCategory.NonSpacingMark) || category is
                UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse) return;
            var rune = _lowers ? Rune.ToLowerInvariant(new Rune(letter)) : new Rune(letter);
            if (!StandsAlone(letter))
            {
                word.Append(rune);
                return;
            }

            Flush();
            word.Append(rune);
            Flush();
        }

        void Flush()
        {
            if (word.Length > 0) AddWord($"▁{word}", ids);
            word.Clear();
        }
    }

    private static bool StandsAlone(int letter) =>
        letter is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
            or (>= 0x3400 and <= 0x4dbf) or (>= 0x4e00 and <= 0x9fff) or (>= 0xf900 and <= 0xfaff)
            or (>= 0x20000 and <= 0x2a6df) or (>= 0x2a700 and <= 0x2b81f) or (>= 0x2b920 and <= 0x2ceaf) or (>= 0x2f800 and <= 0x2fa1f) ||
        Letters.IsPunctuation(letter);

    private void AddWord(ReadOnlySpan<char> word, List<int> ids)
    {
        var before = ids.Count;
        while (!word.IsEmpty)
        {
            var length = Math.Min(_longest, word.Length);
            var id = _unknown;
            while (length > 0 && !_ids.TryGetValue(word[..length], out id)) length--;
            if (length == 0)
            {
                ids.RemoveRange(before, ids.Count - before);
                ids.Add(_unknown);
                return;
            }

            ids.Add(id);
            word = word[length..];
        }
    }
}
