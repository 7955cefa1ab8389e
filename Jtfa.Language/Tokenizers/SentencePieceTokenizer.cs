using System.Text;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// SentencePiece's BPE (<c>tokenizer.ggml.model</c> = llama): blanks become ▁; of all neighbours whose text is a token, those of the best
/// score are merged first; characters without a token become bytes. Kudo &amp; Richardson, SentencePiece, 2018.
/// </summary>
/// <remarks>Differs from llama.cpp in one respect: text never becomes a token of structure, whatever can be merged.</remarks>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private readonly MergeTable _merges = new();
    private readonly Dictionary<int, int> _symbols = [];
    private readonly HashSet<long> _neighbours = [];
    private readonly List<int> _untold = [];
    private readonly int[] _byteIds = new int[256];
    private readonly int _count;
    private readonly bool _addsBlank;

    public SentencePieceTokenizer(Vocabulary vocabulary)
        : base(vocabulary, addsBos: true, vocabulary.Id("bos", 1), addsEos: false, vocabulary.Id("eos", 2))
    {
        _count = vocabulary.Texts.Length;
        _addsBlank = vocabulary.Flag("add_space_prefix", true);
        var unknown = vocabulary.Id("unknown", 0) ?? -1;
        for (var value = 0; value < _byteIds.Length; value++) _byteIds[value] = vocabulary.Find(ByteTokens.Name(value)) ?? unknown;
        Prepare(vocabulary);
    }

    internal override bool BeginsWithBlank => _addsBlank;

    private protected override void AppendText(List<byte> bytes, string text) => AppendUnescaped(bytes, text);

    private protected override void EncodeText(ReadOnlySpan<char> text, bool afterSpecial, List<int> ids)
    {
        var merger = new Merger(_merges);
        List<int> merged = [];
        var before = -1;
        if (_addsBlank && afterSpecial) Take('▁');
        foreach (var rune in text.EnumerateRunes()) Take(rune.Value == ' ' ? '▁' : rune.Value);
        Flush();

        void Take(int letter)
        {
            // No token holds these two side by side, so no merge joins what is left and right of them.
            if (before >= 0 && !_neighbours.Contains(Neighbours(before, letter))) Flush();
            before = letter;
            if (_symbols.TryGetValue(letter, out var symbol)) merger.Add(symbol);
            else AddBytes(letter, ids);
        }

        void Flush()
        {
            merger.Run(merged);
            foreach (var symbol in merged)
            {
                if (symbol < _count) ids.Add(symbol);
                else AddBytes(_untold[symbol - _count], ids);
            }

            merged.Clear();
        }
    }

    private static long Neighbours(int left, int right) => ((long)left << 32) | (uint)right;

    private static uint Rank(float score)
    {
        // Bits of a number, turned so that they order as it does: the best score has the lowest rank.
        var bits = BitConverter.SingleToUInt32Bits(-score + 0f);
        return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
    }

    private void AddBytes(int letter, List<int> ids)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var value in bytes[..new Rune(letter).EncodeToUtf8(bytes)])
        {
            if (_byteIds[value] >= 0) ids.Add(_byteIds[value]);
        }
    }

    /// <summary>Turns scores into pairs of symbols: a token comes of each cut of its text into tokens or characters.</summary>
    private void Prepare(Vocabulary vocabulary)
    {
        var scores = vocabulary.Scores();
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (var id = 0; id < _count; id++)
        {
            if (!vocabulary.IsText(id)) continue;
            ids.TryAdd(vocabulary.Texts[id], id);
            var before = -1;
            foreach (var rune in vocabulary.Texts[id].EnumerateRunes())
            {
                if (before >= 0) _neighbours.Add(Neighbours(before, rune.Value));
                before = rune.Value;
            }
        }

        foreach (var text in ids.Keys)
            foreach (var rune in text.EnumerateRunes())
            {
                if (_symbols.ContainsKey(rune.Value)) continue;
                if (ids.TryGetValue(rune.ToString(), out var id)) _symbols.Add(rune.Value, id);
                else
                {
                    _symbols.Add(rune.Value, _count + _untold.Count);
                    _untold.Add(rune.Value);
                }
            }

        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (text, id) in ids)
            for (var cut = 1; cut < text.Length; cut++)
            {
                if (char.IsSurrogatePair(text[cut - 1], text[cut])) continue;
                if (Symbol(text.AsSpan(0, cut)) is { } left && Symbol(text.AsSpan(cut)) is { } right)
                    _merges.Add(left, right, Rank(scores[id]), id);
            }

        int? Symbol(ReadOnlySpan<char> part)
        {
            if (lookup.TryGetValue(part, out var id)) return id;
            return Rune.DecodeFromUtf16(part, out var rune, out var taken) == System.Buffers.OperationStatus.Done && taken == part.Length
                ? _symbols[rune.Value]
                : null;
        }
    }
}
