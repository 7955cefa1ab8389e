using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Bench;

/// <summary>The sizes of a known model, to fill with random weights: how fast a model runs does not depend on what it says.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Width">Numbers of a hidden state.</param>
/// <param name="Blocks">Transformer blocks.</param>
/// <param name="Heads">Heads of queries.</param>
/// <param name="KeyValueHeads">Heads of keys and values.</param>
/// <param name="Inner">Numbers within the feed-forward network.</param>
/// <param name="Vocabulary">Text tokens.</param>
internal sealed record LanguageShape(string Name, int Width, int Blocks, int Heads, int KeyValueHeads, int Inner, int Vocabulary)
{
    private const float TypicalScale = 0.02f;
    private static readonly string s_folder = Path.Combine(Path.GetTempPath(), "jtfa-bench");

    /// <summary>The shapes.</summary>
    public static IReadOnlyList<LanguageShape> All { get; } =
    [
        new("tinyllama-1.1b", 2048, 22, 32, 4, 5632, 32_000),
        new("llama-150m", 768, 12, 12, 4, 2048, 32_000),
        new("stories-15m", 288, 6, 6, 6, 768, 32_000),
        new("nanollama-304m", 1024, 12, 16, 4, 5632, 32_000),
        new("wide-2", 2048, 2, 32, 4, 256, 512),
    ];

    /// <summary>Blocks of each silo where several have the model, so that the largest part is as small as can be.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="inMemory">Whether memory counts, of which the starter has embedding and head besides; else time, where it has the
    /// head.</param>
    public int[] SplitOver(int silos, bool inMemory)
    {
        var block = (2.0 * Width * Width) + (2.0 * Width * Width / Heads * KeyValueHeads) + (3.0 * Width * Inner);
        var starter = (inMemory ? 2 : 1) * (double)Vocabulary * Width / block;
        double Largest(int first) => Math.Max(starter + first, Math.Ceiling((Blocks - first) / (silos - 1.0)));
        var own = Enumerable.Range(1, Blocks - silos + 1).MinBy(Largest);
        var others = Enumerable.Range(0, silos - 1).Select(
            silo => ((silo + 1) * (Blocks - own) / (silos - 1)) - (silo * (Blocks - own) / (silos - 1)));
        return [own, .. others];
    }

    /// <summary>Writes a model of the shape where it is not there from an earlier run.</summary>
    /// <returns>Its file.</returns>
    public string Prepare(WeightFormat format)
    {
        Directory.CreateDirectory(s_folder);
        var path = Path.Combine(s_folder, $"{Name}-{format.Name}.gguf");
        if (File.Exists(path)) return path;
        Write($"{path}.new", format);
        File.Move($"{path}.new", path);
        return path;
    }

    /// <summary>Writes a model of the shape, of the llama architecture, with matrices of one format.</summary>
    public void Write(string path, WeightFormat format)
    {
        var random = new Random(1);
        var single = WeightFormat.Find("F32")!;
        List<GgufWriter.Tensor> tensors = [];
        void Matrix(string name, int columns, int rows) =>
            tensors.Add(new(name, format, [columns, rows], stream => WriteRandom(stream, format, columns, rows, random)));
        void Norm(string name) =>
            tensors.Add(new(name, single, [Width], stream => stream.Write(Encode(single, Enumerable.Repeat(1f, Width)))));
        Matrix("token_embd.weight", Width, Vocabulary);
        var keys = Width / Heads * KeyValueHeads;
        for (var block = 0; block < Blocks; block++)
        {
            Norm($"blk.{block}.attn_norm.weight");
            Matrix($"blk.{block}.attn_q.weight", Width, Width);
            Matrix($"blk.{block}.attn_k.weight", Width, keys);
            Matrix($"blk.{block}.attn_v.weight", Width, keys);
            Matrix($"blk.{block}.attn_output.weight", Width, Width);
            Norm($"blk.{block}.ffn_norm.weight");
            Matrix($"blk.{block}.ffn_gate.weight", Width, Inner);
            Matrix($"blk.{block}.ffn_up.weight", Width, Inner);
            Matrix($"blk.{block}.ffn_down.weight", Inner, Width);
        }

        Norm("output_norm.weight");
        Matrix("output.weight", Width, Vocabulary);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        GgufWriter.Write(file, Metadata(), tensors);
    }

    private Dictionary<string, object> Metadata() => new()
    {
        ["general.architecture"] = "llama",
        ["general.name"] = Name,
        ["llama.context_length"] = 2048u,
        ["llama.embedding_length"] = (uint)Width,
        ["llama.block_count"] = (uint)Blocks,
        ["llama.feed_forward_length"] = (uint)Inner,
        ["llama.attention.head_count"] = (uint)Heads,
        ["llama.attention.head_count_kv"] = (uint)KeyValueHeads,
        ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f,
        ["llama.rope.dimension_count"] = (uint)(Width / Heads),
        ["tokenizer.ggml.model"] = "llama",
        ["tokenizer.ggml.tokens"] = Enumerable.Range(0, Vocabulary)
            .Select(i => i switch { 0 => "<unk>", 1 => "<s>", 2 => "</s>", < 259 => $"<0x{i - 3:X2}>", _ => $"t{i}" }).ToArray(),
        ["tokenizer.ggml.scores"] = Enumerable.Range(0, Vocabulary).Select(i => (float)-i).ToArray(),
        ["tokenizer.ggml.token_type"] = Enumerable.Range(0, Vocabulary)
            .Select(i => i switch { 0 => 2, 1 or 2 => 3, < 259 => 6, _ => 1 }).ToArray(),
        ["tokenizer.ggml.bos_token_id"] = 1u,
        ["tokenizer.ggml.eos_token_id"] = 2u,
    };

    // Some hundred rows are made and written again and again: encoding all of them takes minutes for some formats.
    private static void WriteRandom(Stream stream, WeightFormat format, int columns, int rows, Random random)
    {
        var distinct = new byte[Math.Min(rows, 97)][];
        for (var i = 0; i < distinct.Length; i++)
            distinct[i] = Encode(format, Enumerable.Range(0, columns).Select(_ => (float)(TypicalScale * Gauss(random))));
        for (var row = 0; row < rows; row++) stream.Write(distinct[random.Next(distinct.Length)]);
    }

    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static byte[] Encode(WeightFormat format, IEnumerable<float> values)
    {
        float[] numbers = [.. values];
        var blocks = new byte[format.BytesOf(numbers.Length)];
        format.Encode(numbers, blocks);
        return blocks;
    }
}
