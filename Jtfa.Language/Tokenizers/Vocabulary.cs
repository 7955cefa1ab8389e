using Jtfa.Language.Files;

namespace Jtfa.Language.Tokenizers;

/// <summary>The tokens of a model file: texts, kinds and the ids that have a meaning of their own.</summary>
internal sealed class Vocabulary
{
    private const string Prefix = "tokenizer.ggml.";

    /// <summary>The longest token. Real ones have up to a few hundred characters; cutting longer ones takes quadratic time.</summary>
    private const int MaxTokenLength = 1024;

    /// <summary>Names that end a turn or a text; files name one or two of theirs, and models emit the others, too.</summary>
    private static readonly HashSet<string> s_endings = new(StringComparer.Ordinal)
    {
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>",
        "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<｜end▁of▁sentence｜>",
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>",
        "<|file_sep|>",
    };

    /// <summary>Names of structure that some files store as text.</summary>
    private static readonly HashSet<string> s_structure = new(StringComparer.Ordinal)
    {
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
        "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
        "<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
    };

    private readonly Dictionary<string, int> _ids;
    private readonly HashSet<int> _endings = [];

    /// <summary>Reads the tokens.</summary>
    /// <exception cref="ModelFileException">They are missing, or contradict each other.</exception>
    public Vocabulary(GgufMetadata metadata)
    {
        Metadata = metadata;
        Texts = metadata.Get<string[]>(Prefix + "tokens");
        if (Texts.Length == 0) throw Fault($"{Prefix}tokens is empty: convert the model again");
        Kinds = new TokenKind[Texts.Length];
        Array.Fill(Kinds, TokenKind.Normal);
        if (metadata.TryGet<int[]>(Prefix + "token_type", out var kinds))
        {
            CheckLength("token_type", kinds.Length);
            for (var id = 0; id < Kinds.Length; id++) Kinds[id] = kinds[id] is >= 1 and <= 6 ? (TokenKind)kinds[id] : TokenKind.Undefined;
        }

        _ids = new(Texts.Length, StringComparer.Ordinal);
        for (var id = 0; id < Texts.Length; id++)
        {
            var text = Texts[id];
            if (text.Length > MaxTokenLength) throw Fault($"token {id} has {text.Length} characters, allowed is {MaxTokenLength}");

            // Bytes that are no UTF-8 were read as U+FFFD, and two such texts that differ in the file may be equal here.
            if (text.Length > 0 && !_ids.TryAdd(text, id) && !text.Contains('\ufffd', StringComparison.Ordinal))
                throw Fault($"tokens {_ids[text]} and {id} are both '{Shown(text)}': convert the model again");
        }

        foreach (var id in s_structure.Select(Find).OfType<int>()) Kinds[id] = TokenKind.Control;
        foreach (var id in s_endings.Select(Find).OfType<int>())
        {
            _endings.Add(id);
            Kinds[id] = TokenKind.Control;
        }

        foreach (var id in (int?[])[Id("eot"), Id("eom")])
        {
            if (id is { } ending) _endings.Add(ending);
        }
    }

    /// <summary>Where it was read.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Texts as the file has them.</summary>
    public string[] Texts { get; }

    /// <summary>Kinds.</summary>
    public TokenKind[] Kinds { get; }

    /// <summary>A fault of this file.</summary>
    public ModelFileException Fault(string fault) => new(Metadata.File, fault);

    /// <summary>The token with a text, of any kind; null when there is none.</summary>
    public int? Find(string text) => _ids.TryGetValue(text, out var id) ? id : null;

    /// <summary>Whether text may become this token: what structures a text is never made of text.</summary>
    public bool IsText(int id) =>
        Texts[id].Length > 0 && Kinds[id] is not (TokenKind.Control or TokenKind.Unknown or TokenKind.Byte);

    /// <summary>Whether a token ends what a model says.</summary>
    public bool IsEnding(int id) => _endings.Contains(id);

    /// <summary>The token that a key names.</summary>
    /// <param name="name">The key between <c>tokenizer.ggml.</c> and <c>_token_id</c>.</param>
    /// <param name="otherwise">What a file means that has no such key, where the vocabulary has so many tokens.</param>
    public int? Id(string name, int? otherwise = null)
    {
        var key = $"{Prefix}{name}_token_id";
        if (!Metadata.Has(key)) return otherwise < Texts.Length ? otherwise : null;
        return Metadata.WholeNumber(key, 0, Texts.Length - 1);
    }

    /// <summary>A switch of the tokenizer.</summary>
    public bool Flag(string name, bool otherwise) => Metadata.TryGet<bool>(Prefix + name, out var value) ? value : otherwise;

    /// <summary>The scores of the tokens; the best is merged first.</summary>
    public float[] Scores()
    {
        var scores = Metadata.Get<float[]>(Prefix + "scores");
        CheckLength("scores", scores.Length);
        var odd = Array.FindIndex(scores, 0, Texts.Length, score => !float.IsFinite(score));
        return odd < 0 ? scores : throw Fault($"{Prefix}scores[{odd}]={scores[odd]}: allowed is a finite number");
    }

    /// <summary>Pairs of texts that are merged, the first ones first.</summary>
    public string[] Merges() => Metadata.Get<string[]>(Prefix + "merges");

    /// <summary>A text for a message.</summary>
    public static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private void CheckLength(string key, int length)
    {
        if (length < Texts.Length)
            throw Fault($"{Prefix}{key} has {length} entries for {Texts.Length} tokens: convert the model again");
    }
}
