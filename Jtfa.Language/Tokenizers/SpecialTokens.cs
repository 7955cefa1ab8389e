using System.Buffers;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// Finds tokens that stand in the text by name, the first one first and of those that begin at one place the longest: user-defined ones
/// always, those of structure where a caller asks for it.
/// </summary>
internal sealed class SpecialTokens
{
    private readonly Names _userDefined;
    private readonly Names _all;
    private readonly HashSet<int> _takesBlanks = [];

    public SpecialTokens(Vocabulary vocabulary)
    {
        List<int> userDefined = [], all = [];
        for (var id = 0; id < vocabulary.Texts.Length; id++)
        {
            if (vocabulary.Texts[id].Length == 0) continue;
            if (vocabulary.Kinds[id] is TokenKind.UserDefined) userDefined.Add(id);
            if (vocabulary.Kinds[id] is TokenKind.UserDefined or TokenKind.Control or TokenKind.Unknown) all.Add(id);
        }

        (_userDefined, _all) = (new(vocabulary, userDefined), new(vocabulary, all));

        // Phi-3 was trained with the blanks after its special tokens left out; its files tell so by nothing but their name.
        if (vocabulary.Metadata.TryGet<string>("general.name", out var model) &&
            (model.Contains("phi-3", StringComparison.OrdinalIgnoreCase) || model.Contains("phi3", StringComparison.OrdinalIgnoreCase)))
            _takesBlanks.UnionWith(all.Where(id => vocabulary.Texts[id] is not ("<unk>" or "<s>" or "<|endoftext|>")));
    }

    /// <summary>The next token that stands in a text by name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecial">Whether those of structure count.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="length">How much of the text it takes.</param>
    /// <returns>The token; -1 when there is none.</returns>
    public int Next(ReadOnlySpan<char> text, bool parseSpecial, out int at, out int length)
    {
        var id = (parseSpecial ? _all : _userDefined).Next(text, out at, out length);
        if (_takesBlanks.Contains(id))
            while (at + length < text.Length && text[at + length] is ' ' or (>= '\t' and <= '\r')) length++;
        return id;
    }

    private sealed class Names
    {
        private readonly SearchValues<string>? _values;
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
        private readonly int[] _lengths;

        public Names(Vocabulary vocabulary, List<int> tokens)
        {
            var ids = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var id in tokens) ids.TryAdd(vocabulary.Texts[id], id);
            _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
            _lengths = [.. ids.Keys.Select(name => name.Length).Distinct().OrderDescending()];
            if (ids.Count > 0) _values = SearchValues.Create([.. ids.Keys], StringComparison.Ordinal);
        }

        public int Next(ReadOnlySpan<char> text, out int at, out int length)
        {
            length = 0;
            at = _values is null ? -1 : text.IndexOfAny(_values);
            if (at < 0) return -1;
            foreach (var size in _lengths)
            {
                if (at + size > text.Length || !_ids.TryGetValue(text.Slice(at, size), out var id)) continue;
                length = size;
                return id;
            }

            return -1;
        }
    }
}
