using System.Text;
using Jtfa.Language.Files;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Tokenizers;

/// <summary>Small vocabularies, trained on <see cref="NastyText"/> so that tokens cross every border where text may be cut.</summary>
internal static class TestVocabularies
{
    private const int Merges = 1500;

    /// <summary>Names of special tokens, which no merge may make.</summary>
    private static readonly HashSet<string> s_names =
        ["<unk>", "<s>", "</s>", "<0x0A>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<user defined>", "[MASK]"];

    private static readonly Lazy<List<(string Left, string Right)>> s_byteMerges = new(() => Train(text =>
        [.. Encoding.UTF8.GetBytes(text).Select(value => $"{ByteTokens.Alphabet[value]}")]));

    private static readonly Lazy<List<(string Left, string Right)>> s_letterMerges = new(() => Train(text =>
        [.. text.Replace(' ', '▁').Replace("\0", "", StringComparison.Ordinal).EnumerateRunes().Select(rune => rune.ToString())]));

    /// <summary>Byte-level BPE.</summary>
    public static Dictionary<string, object> ByteLevel(string pre)
    {
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(value => $"{ByteTokens.Alphabet[value]}")];
        foreach (var (left, right) in s_byteMerges.Value) tokens.Add(left + right);
        tokens = [.. tokens.Distinct()];
        var kinds = Enumerable.Repeat(1, tokens.Count).ToList();
        Special(tokens, kinds, "<|endoftext|>", "<|im_start|>", "<|im_end|>");
        return new()
        {
            ["general.architecture"] = "llama",
            ["tokenizer.ggml.model"] = "gpt2",
            ["tokenizer.ggml.pre"] = pre,
            ["tokenizer.ggml.tokens"] = tokens.ToArray(),
            ["tokenizer.ggml.token_type"] = kinds.ToArray(),
            ["tokenizer.ggml.merges"] = s_byteMerges.Value.Select(merge => $"{merge.Left} {merge.Right}").ToArray(),
            ["tokenizer.ggml.bos_token_id"] = (uint)tokens.IndexOf("<|endoftext|>"),
            ["tokenizer.ggml.eos_token_id"] = (uint)tokens.IndexOf("<|endoftext|>"),
        };
    }

    /// <summary>SentencePiece: 256 bytes, characters of the text, and merges whose scores are tied by threes.</summary>
    public static Dictionary<string, object> SentencePiece(bool addsBlank = true)
    {
        List<string> tokens = ["<unk>", "<s>", "</s>"];
        List<int> kinds = [2, 3, 3];
        for (var value = 0; value < 256; value++)
        {
            tokens.Add($"<0x{value:X2}>");
            kinds.Add(6);
        }

        Special(tokens, kinds, "<|im_start|>", "<|im_end|>");
        var known = tokens.ToHashSet();
        foreach (var text in s_letterMerges.Value.SelectMany(merge => new[] { merge.Left + merge.Right, merge.Left, merge.Right }))
        {
            if (known.Add(text)) tokens.Add(text);
        }

        // Some characters of merges have no token of their own.
        tokens.RemoveAll(text => text is "é" or "の" or "5");
        while (kinds.Count < tokens.Count) kinds.Add(1);
        return new()
        {
            ["general.architecture"] = "llama",
            ["tokenizer.ggml.model"] = "llama",
            ["tokenizer.ggml.tokens"] = tokens.ToArray(),
            ["tokenizer.ggml.token_type"] = kinds.ToArray(),
            ["tokenizer.ggml.scores"] = Enumerable.Range(0, tokens.Count).Select(id => (float)-(id / 3)).ToArray(),
            ["tokenizer.ggml.add_space_prefix"] = addsBlank,
            ["tokenizer.ggml.bos_token_id"] = 1u,
            ["tokenizer.ggml.eos_token_id"] = 2u,
            ["tokenizer.ggml.unknown_token_id"] = 0u,
        };
    }

    /// <summary>WordPiece: pieces of words, at the begin of a word and within.</summary>
    public static Dictionary<string, object> WordPiece()
    {
        List<string> tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        List<int> kinds = [3, 2, 3, 3, 3];
        var known = tokens.ToHashSet();
        for (var letter = '!'; letter < 0x250; letter++)
            foreach (var text in new[] { $"▁{letter}", $"{letter}" })
                if (known.Add(text)) tokens.Add(text);
        foreach (var text in s_letterMerges.Value.Select(merge => (merge.Left + merge.Right).ToLowerInvariant()))
        {
            if (text.IndexOf('▁', 1) < 0 && known.Add(text)) tokens.Add(text);
        }

        while (kinds.Count < tokens.Count) kinds.Add(1);
        return new()
        {
            ["general.architecture"] = "bert",
            ["tokenizer.ggml.model"] = "bert",
            ["tokenizer.ggml.tokens"] = tokens.ToArray(),
            ["tokenizer.ggml.token_type"] = kinds.ToArray(),
            ["tokenizer.ggml.scores"] = new float[tokens.Count],
            ["tokenizer.ggml.bos_token_id"] = 2u,
            ["tokenizer.ggml.eos_token_id"] = 3u,
            ["tokenizer.ggml.unknown_token_id"] = 1u,
            ["tokenizer.ggml.seperator_token_id"] = 3u,
            ["tokenizer.ggml.padding_token_id"] = 0u,
            ["tokenizer.ggml.mask_token_id"] = 4u,
            ["tokenizer.ggml.cls_token_id"] = 2u,
        };
    }

    /// <summary>A tokenizer of such metadata.</summary>
    public static Tokenizer Load(IEnumerable<KeyValuePair<string, object>> values)
    {
        var metadata = new GgufMetadata("test.gguf");
        foreach (var (key, value) in values) Assert.True(metadata.TryAdd(key, value));
        return Tokenizer.Load(metadata);
    }

    private static void Special(List<string> tokens, List<int> kinds, params string[] names)
    {
        tokens.AddRange(names);
        kinds.AddRange(names.Select(_ => 3));
        tokens.Add("<user defined>");
        kinds.Add(4);
    }

    /// <summary>BPE over texts that are not cut first: the most frequent pair at a time.</summary>
    private static List<(string Left, string Right)> Train(Func<string, string[]> cut)
    {
        var random = new Random(15);
        var texts = Enumerable.Range(0, 3000).Select(_ => cut(NastyText.Next(random))).ToArray();
        List<(string Left, string Right)> merges = [];
        while (merges.Count < Merges)
        {
            // Several pairs a round: it need not be the best vocabulary, but come soon.
            var best = texts.SelectMany(text => text.Zip(text.Skip(1))).CountBy(pair => pair)
                .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.First + pair.Key.Second, StringComparer.Ordinal)
                .Where(pair => pair.Value > 1 && !s_names.Contains(pair.Key.First + pair.Key.Second))
                .Take(50).Select(pair => pair.Key).ToArray();
            if (best.Length == 0) break;
            merges.AddRange(best);
            var chosen = best.ToHashSet();
            for (var i = 0; i < texts.Length; i++)
            {
                List<string> merged = [];
                for (var at = 0; at < texts[i].Length; at++)
                {
                    var isPair = at + 1 < texts[i].Length && chosen.Contains((texts[i][at], texts[i][at + 1]));
                    merged.Add(isPair ? texts[i][at] + texts[i][++at] : texts[i][at]);
                }

                texts[i] = [.. merged];
            }
        }

        return merges;
    }
}
