using System.Runtime.InteropServices;
using System.Text;
using Jtfa.Language.Files;

namespace Jtfa.Language.Tokenizers;

/// <summary>Turns text into the token ids of a model, and ids into the bytes that they add to a text. Several threads may use it.</summary>
public abstract class Tokenizer
{
    /// <summary>The key of the tokenizer's kind.</summary>
    public const string ModelKey = "tokenizer.ggml.model";

    private readonly Vocabulary _vocabulary;
    private readonly SpecialTokens _special;
    private readonly byte[] _bytes;
    private readonly int[] _ends;

    private protected Tokenizer(Vocabulary vocabulary, bool addsBos, int? bosId, bool addsEos, int? eosId)
    {
        (_vocabulary, BosId, EosId) = (vocabulary, bosId, eosId);
        AddsBos = vocabulary.Flag("add_bos_token", addsBos);
        AddsEos = vocabulary.Flag("add_eos_token", addsEos);
        if (AddsBos && bosId is null) throw vocabulary.Fault("a text begins with BOS, and it names none: set tokenizer.ggml.bos_token_id");
        if (AddsEos && eosId is null) throw vocabulary.Fault("a text ends with EOS, and it names none: set tokenizer.ggml.eos_token_id");
        _special = new SpecialTokens(vocabulary);
        _ends = new int[vocabulary.Texts.Length];
        List<byte> bytes = [];
        for (var id = 0; id < _ends.Length; id++)
        {
            AppendBytes(bytes, id);
            _ends[id] = bytes.Count;
        }

        _bytes = [.. bytes];
    }

    /// <summary>How many tokens there are; ids are 0 … this - 1.</summary>
    public int VocabularySize => _ends.Length;

    /// <summary>Whether the model expects <see cref="BosId"/> before a text.</summary>
    public bool AddsBos { get; }

    /// <summary>Whether the model expects <see cref="EosId"/> after a text.</summary>
    public bool AddsEos { get; }

    /// <summary>The token that begins a text; null when there is none.</summary>
    public int? BosId { get; }

    /// <summary>The token that ends a text; null when there is none.</summary>
    public int? EosId { get; }

    /// <summary>Whether a text begins with a blank that encoding put there.</summary>
    internal abstract bool BeginsWithBlank { get; }

    /// <summary>The tokenizer of a model file.</summary>
    /// <exception cref="ModelFileException">It has none, an unknown or a damaged one.</exception>
    public static Tokenizer Load(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Load(file.Metadata);
    }

    /// <summary>The tokenizer that metadata describes.</summary>
    /// <exception cref="ModelFileException">They describe none, an unknown or a damaged one.</exception>
    public static Tokenizer Load(GgufMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.Get<string>(ModelKey) switch
        {
            "llama" => new SentencePieceTokenizer(new Vocabulary(metadata)),
            "gpt2" => new ByteLevelTokenizer(new Vocabulary(metadata)),
            "bert" => new WordPieceTokenizer(new Vocabulary(metadata)),
            var other => throw new ModelFileException(
                metadata.File, $"{ModelKey}={Vocabulary.Shown(other)}: known are bert, gpt2 and llama"),
        };
    }

    /// <summary>The ids of a text, without <see cref="BosId"/> and <see cref="EosId"/>.</summary>
    /// <param name="text">The text. Halves of surrogate pairs count as U+FFFD.</param>
    /// <param name="parseSpecial">
    /// Whether tokens of structure (<c>&lt;|im_end|&gt;</c>) may stand in it by name. Say false for text of others: they could otherwise
    /// end their turn and begin another. Tokens that the file calls user-defined are found in either case.
    /// </param>
    public int[] Encode(string text, bool parseSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        var afterSpecial = true;
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var id = _special.Next(rest, parseSpecial, out var at, out var length);
            var plain = id < 0 ? rest : rest[..at];
            if (plain.Length > 0) EncodeText(plain, afterSpecial, ids);
            if (id < 0) break;
            ids.Add(id);
            afterSpecial = true;
            rest = rest[(at + length)..];
        }

        return [.. ids];
    }

    /// <summary>Whether a model that says this token has ended its turn or text.</summary>
    public bool IsEndOfGeneration(int id) => _vocabulary.IsEnding(Checked(id)) || id == EosId;

    /// <summary>Whether a token is structure and no text.</summary>
    public bool IsControl(int id) => _vocabulary.Kinds[Checked(id)] == TokenKind.Control;

    /// <summary>The bytes that a token adds to the text; none for structure. A character may be cut between two tokens.</summary>
    public ReadOnlySpan<byte> BytesOf(int id)
    {
        var start = Checked(id) == 0 ? 0 : _ends[id - 1];
        return _bytes.AsSpan(start, _ends[id] - start);
    }

    /// <summary>A token as the file writes it, for people and for templates.</summary>
    public string NameOf(int id) => _vocabulary.Texts[Checked(id)];

    /// <summary>The token that the file writes so; null when there is none.</summary>
    public int? Find(string name) => _vocabulary.Find(name);

    /// <summary>Encodes text that holds no special token.</summary>
    /// <param name="text">The text, not empty.</param>
    /// <param name="afterSpecial">Whether it begins the whole text or follows a special token.</param>
    /// <param name="ids">Takes the ids.</param>
    private protected abstract void EncodeText(ReadOnlySpan<char> text, bool afterSpecial, List<int> ids);

    /// <summary>Appends what a token of text stands for.</summary>
    private protected abstract void AppendText(List<byte> bytes, string text);

    private static void AppendUtf8(List<byte> bytes, string text)
    {
        var start = bytes.Count;
        CollectionsMarshal.SetCount(bytes, start + Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, CollectionsMarshal.AsSpan(bytes)[start..]);
    }

    private protected static void AppendUnescaped(List<byte> bytes, string text) => AppendUtf8(bytes, text.Replace('▁', ' '));

    private void AppendBytes(List<byte> bytes, int id)
    {
        var text = _vocabulary.Texts[id];
        switch (_vocabulary.Kinds[id])
        {
            case TokenKind.Normal: AppendText(bytes, text); break;
            case TokenKind.UserDefined: AppendUtf8(bytes, text); break;
            case TokenKind.Byte:
                bytes.Add(ByteTokens.Value(text) ??
                    throw _vocabulary.Fault($"token {id} is a byte named '{Vocabulary.Shown(text)}', expected is <0x00> … <0xFF>"));
                break;
        }
    }

    private int Checked(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, _ends.Length);
        return id;
    }
}
