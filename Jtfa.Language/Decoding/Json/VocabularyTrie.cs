using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Decoding;

/// <summary>
/// A vocabulary's byte strings as a tree, each byte of a shared begin once. Its nodes stand in the order of a walk that goes down first,
/// with the place where the walk goes on past each node's branch.
/// </summary>
public sealed class VocabularyTrie
{
    private readonly int[] _tokens;
    private readonly int[] _firsts;
    private readonly int[] _lasts;

    /// <summary>The tree of a model's vocabulary.</summary>
    public static VocabularyTrie Of(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return new VocabularyTrie(tokenizer.VocabularySize, tokenizer.BytesOf, tokenizer.IsEndOfGeneration);
    }

    /// <summary>The tree of a vocabulary.</summary>
    /// <param name="count">Text tokens of the vocabulary.</param>
    /// <param name="bytesOf">The bytes that each writes; those that write none (control tokens) are never allowed.</param>
    /// <param name="endsText">Which of them end a text.</param>
    public VocabularyTrie(int count, Func<int, ReadOnlySpan<byte>> bytesOf, Func<int, bool> endsText)
    {
        ArgumentNullException.ThrowIfNull(bytesOf);
        ArgumentNullException.ThrowIfNull(endsText);
        Count = count;
        Strings = [.. Enumerable.Range(0, count).Select(id => endsText(id) ? [] : bytesOf(id).ToArray())];
        Ends = [.. Enumerable.Range(0, count).Where(endsText)];
        _tokens = [.. Enumerable.Range(0, count).Where(id => Strings[id].Length > 0)];
        Array.Sort(_tokens, (a, b) => Strings[a].AsSpan().SequenceCompareTo(Strings[b]));

        List<byte> labels = [];
        List<int> depths = [], firsts = [], lasts = [], pasts = [], open = [];
        ReadOnlySpan<byte> last = [];
        for (var i = 0; i < _tokens.Length; i++)
        {
            var bytes = Strings[_tokens[i]];
            var shared = last.CommonPrefixLength(bytes);
            Close(shared);
            for (var depth = shared; depth < bytes.Length; depth++)
            {
                open.Add(labels.Count);
                labels.Add(bytes[depth]);
                depths.Add(depth);
                firsts.Add(i);
                lasts.Add(i);
                pasts.Add(0);
            }
            // Ids are in the order of their bytes, so those that end at a node are the first of its branch.
            lasts[open[^1]] = i + 1;
            last = bytes;
        }
        Close(0);
        (Labels, Depths, Pasts) = ([.. labels], [.. depths], [.. pasts]);
        PlainReaches = Reaches();
        Longest = depths.Count == 0 ? 0 : depths.Max() + 1;
        (_firsts, _lasts) = ([.. firsts], [.. lasts]);

        void Close(int depth)
        {
            foreach (var node in open[depth..]) pasts[node] = labels.Count;
            open.RemoveRange(depth, open.Count - depth);
        }
    }

    /// <summary>Text tokens of the vocabulary.</summary>
    public int Count { get; }

    internal byte[][] Strings { get; }

    /// <summary>Ids that end a text.</summary>
    internal int[] Ends { get; }

    /// <summary>Bytes of the longest string.</summary>
    internal int Longest { get; }

    /// <summary>Each node's byte.</summary>
    internal byte[] Labels { get; }

    /// <summary>Each node's depth; 0 for first bytes.</summary>
    internal int[] Depths { get; }

    /// <summary>The node after each node's branch.</summary>
    internal int[] Pasts { get; }

    /// <summary>
    /// How many bytes each node's branch is long at most, its own included, where all of them are plain; 0 where one is not.
    /// </summary>
    internal int[] PlainReaches { get; }

    /// <summary>Whether a byte is a whole character that strings of JSON hold as it is.</summary>
    internal static bool IsPlain(byte value) => value is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\';

    /// <summary>Ids of a node's whole branch.</summary>
    internal ReadOnlySpan<int> Branch(int node)
    {
        var past = Pasts[node];
        return _tokens.AsSpan(_firsts[node]..(past < _firsts.Length ? _firsts[past] : _tokens.Length));
    }

    private int[] Reaches()
    {
        var reaches = new int[Labels.Length];
        for (var node = Labels.Length - 1; node >= 0; node--)
        {
            if (!IsPlain(Labels[node])) continue;
            var reach = 1;
            for (var child = node + 1; child < Pasts[node] && reach > 0; child = Pasts[child])
                reach = reaches[child] == 0 ? 0 : Math.Max(reach, reaches[child] + 1);
            reaches[node] = reach;
        }
        return reaches;
    }

    /// <summary>Ids whose bytes end at a node.</summary>
    internal ReadOnlySpan<int> EndingAt(int node) => _tokens.AsSpan(_firsts[node].._lasts[node]);
}
