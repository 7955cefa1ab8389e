using System.Runtime.InteropServices;
using System.Text;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// Byte-level BPE (<c>tokenizer.ggml.model</c> = gpt2): text is cut into words, a word's bytes are written as characters, and neighbours
/// are merged in the order that the file lists. Radford et al., Language models are unsupervised multitask learners, 2019.
/// </summary>
/// <remarks>A byte that a vocabulary has no token for is left out, as in other programs; published vocabularies have all 256.</remarks>
internal sealed class ByteLevelTokenizer : Tokenizer
{
    private readonly PreTokenizer _preTokenizer;
    private readonly MergeTable _merges = new();
    private readonly int[] _byteSymbols = new int[256];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _symbols;
    private readonly int _count;

    /// <summary>Texts of symbols that come between bytes and tokens and are none of these.</summary>
    private readonly List<string> _untold = [];

    public ByteLevelTokenizer(Vocabulary vocabulary)
        : this(vocabulary, PreTokenizer.Of(vocabulary.Metadata))
    {
    }

    private ByteLevelTokenizer(Vocabulary vocabulary, PreTokenizer preTokenizer)
        : base(vocabulary, preTokenizer.AddsBos, vocabulary.Id("bos"), addsEos: false, vocabulary.Id("eos"))
    {
        (_preTokenizer, _count) = (preTokenizer, vocabulary.Texts.Length);
        Dictionary<string, int> symbols = new(StringComparer.Ordinal);
        for (var id = 0; id < _count; id++)
        {
            if (vocabulary.IsText(id)) symbols.TryAdd(vocabulary.Texts[id], id);
        }

        for (var value = 0; value < 256; value++) _byteSymbols[value] = Symbol($"{ByteTokens.Alphabet[value]}");
        var merges = vocabulary.Merges();
        for (var rank = 0; rank < merges.Length; rank++)
        {
            var merge = merges[rank];
            var blank = merge.Length > 1 ? merge.IndexOf(' ', 1) : -1;
            if (blank < 0 || blank + 1 == merge.Length)
                throw vocabulary.Fault($"tokenizer.ggml.merges[{rank}] is no pair with a blank between: convert the model again");
            var (left, right) = (merge[..blank], merge[(blank + 1)..]);
            _merges.Add(Symbol(left), Symbol(right), (uint)rank, Symbol(left + right));
        }

        _symbols = symbols.GetAlternateLookup<ReadOnlySpan<char>>();

        int Symbol(string text)
        {
            ref var symbol = ref CollectionsMarshal.GetValueRefOrAddDefault(symbols, text, out var known);
            if (known) return symbol;
            symbol = _count + _untold.Count;
            _untold.Add(text);
            return symbol;
        }
    }

    internal override bool BeginsWithBlank => false;

    private protected override void AppendText(List<byte> bytes, string text)
    {
        foreach (var letter in text)
        {
            if (ByteTokens.TryDecode(letter, out var value)) bytes.Add(value);
        }
    }

    private protected override void EncodeText(ReadOnlySpan<char> text, bool afterSpecial, List<int> ids)
    {
        List<int> letters = new(text.Length), merged = [];
        foreach (var rune in text.EnumerateRunes()) letters.Add(rune.Value);
        var points = CollectionsMarshal.AsSpan(letters);
        var merger = new Merger(_merges);
        List<char> word = [];
        Span<byte> bytes = stackalloc byte[4];
        var start = 0;
        foreach (var end in _preTokenizer.Cut(points))
        {
            word.Clear();
            foreach (var letter in points[start..end])
                foreach (var value in bytes[..new Rune(letter).EncodeToUtf8(bytes)]) word.Add(ByteTokens.Alphabet[value]);
            start = end;
            var span = CollectionsMarshal.AsSpan(word);
            if (_preTokenizer.TakesWholeWords && _symbols.TryGetValue(span, out var whole) && whole < _count)
            {
                ids.Add(whole);
                continue;
            }

            foreach (var letter in span) merger.Add(_byteSymbols[ByteTokens.TryDecode(letter, out var value) ? value : 0]);
            merger.Run(merged);
            foreach (var symbol in merged) AddTokens(symbol, ids);
            merged.Clear();
        }
    }

    private void AddTokens(int symbol, List<int> ids)
    {
        if (symbol < _count)
        {
            ids.Add(symbol);
            return;
        }

        foreach (var letter in _untold[symbol - _count])
        {
            if (_symbols.TryGetValue([letter], out var part) && part < _count) ids.Add(part);
        }
    }
}
