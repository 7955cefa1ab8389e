using System.Buffers.Binary;
using System.Text;
using Jtfa.Language.Files;

namespace Jtfa.Language.Conversion;

/// <summary>
/// llama2.c's <c>tokenizer.bin</c>: the length of the longest token, then of each its score, its length and its text, in which blanks
/// stand for SentencePiece's ▁. Token 0 is the unknown one, 1 begins a text, 2 ends it.
/// </summary>
internal sealed class Llama2cTokenizer
{
    private const int Bytes = 6;
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);
    private readonly string[] _texts;
    private readonly float[] _scores;

    private Llama2cTokenizer(string[] texts, float[] scores) => (_texts, _scores) = (texts, scores);

    /// <summary>Reads a file of so many tokens.</summary>
    public static Llama2cTokenizer Read(string path, int count)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"it cannot be read ({fault.Message.TrimEnd('.')})", fault);
        }

        if (file.Length < 4 + (8L * count))
        {
            throw new ModelFileException(
                path, $"it has {file.Length} bytes, too few for the model's {count} tokens: name the model's tokenizer.bin");
        }

        var (texts, scores) = (new string[count], new float[count]);
        var rest = file.AsSpan(4);
        for (var id = 0; id < count; id++)
        {
            if (rest.Length < 8)
                throw new ModelFileException(path, $"it ends before token {id} of {count}: name the model's tokenizer.bin");
            scores[id] = BinaryPrimitives.ReadSingleLittleEndian(rest);
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
            rest = rest[8..];
            if (!float.IsFinite(scores[id])) throw new ModelFileException(path, $"the score of token {id} is {scores[id]}: it is damaged");
            if (length < 0 || length > rest.Length)
                throw new ModelFileException(path, $"token {id} claims {length} bytes, {rest.Length} are left: it is damaged");
            texts[id] = Text(path, id, rest[..length]);
            rest = rest[length..];
        }

        return rest.IsEmpty
            ? new Llama2cTokenizer(texts, scores)
            : throw new ModelFileException(path, $"{rest.Length} bytes follow token {count - 1}: it is of a model with more tokens");
    }

    /// <summary>The same as a GGUF file has it.</summary>
    public Dictionary<string, object> Metadata() => new()
    {
        ["tokenizer.ggml.model"] = "llama",
        ["tokenizer.ggml.tokens"] = _texts,
        ["tokenizer.ggml.scores"] = _scores,
        ["tokenizer.ggml.token_type"] = _texts.Select((text, id) => id == 0 ? 2 : id <= 2 ? 3 : IsByte(text) ? Bytes : 1).ToArray(),
        ["tokenizer.ggml.bos_token_id"] = 1u,
        ["tokenizer.ggml.eos_token_id"] = 2u,
        ["tokenizer.ggml.unknown_token_id"] = 0u,
        ["tokenizer.ggml.add_bos_token"] = true,
        ["tokenizer.ggml.add_eos_token"] = false,
    };

    private static bool IsByte(string text) =>
        text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>'
        && char.IsAsciiHexDigit(text[3]) && char.IsAsciiHexDigit(text[4]);

    private static string Text(string path, int id, ReadOnlySpan<byte> bytes)
    {
        try
        {
            // Its export wraps the names of begin and end in line feeds.
            var text = s_strict.GetString(bytes);
            return id is 1 or 2 ? text.Trim('\n') : text.Replace(' ', '▁');
        }
        catch (DecoderFallbackException fault)
        {
            throw new ModelFileException(path, $"token {id} is no UTF-8: it is damaged", fault);
        }
    }
}
