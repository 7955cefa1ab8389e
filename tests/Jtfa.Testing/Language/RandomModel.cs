using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Testing.Language;

/// <summary>Small models of random weights, of every architecture that is shipped and variants of it.</summary>
internal static class RandomModel
{
    private const int Vocabulary = 300;
    private const int Width = 64;
    private const int Heads = 4;
    private const int HeadLength = 16;
    private const int Inner = 96;
    private const int Context = 256;

    /// <summary>The architectures, and after a colon what differs from the plain one.</summary>
    public static string[] Kinds { get; } =
    [
        "llama", "llama:mqa", "llama:gqa-linear", "llama:gqa-yarn", "llama:factors", "llama:tied", "qwen2", "qwen3", "gemma", "phi3",
        "gpt2", "falcon", "falcon:40b", "bloom", "bloom:5heads", "bert",
    ];

    /// <summary>Writes a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">One of <see cref="Kinds"/>, llama:wide with rows of 256, bert:mean, bert:first.</param>
    /// <param name="type">The format of its matrices.</param>
    /// <param name="seed">Of its weights.</param>
    /// <param name="context">Text tokens that it is made for.</param>
    /// <param name="vocabulary">Text tokens that it knows.</param>
    /// <param name="blocks">Its blocks.</param>
    public static void Write(
        string path, string kind, string type = "F32", int seed = 1, int context = Context, int vocabulary = Vocabulary, int blocks = 2)
    {
        var (name, variant) = kind.Split(':') is [var arch, var other] ? (arch, other) : (kind, "");
        var heads = variant switch { "5heads" => 5, "wide" => 16, _ => Heads };
        var width = heads * HeadLength;
        var pairs = variant switch { "mqa" => 1, "40b" => 2, _ when variant.StartsWith("gqa", StringComparison.Ordinal) => 2, _ => heads };
        if (name is "qwen2" or "qwen3" or "gemma") pairs = 2;
        if (kind == "falcon") pairs = 1;
        var headLength = name is "qwen3" or "gemma" ? 32 : HeadLength;
        var random = new Random(seed);
        List<GgufWriter.Tensor> tensors = [];
        double Gauss() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        void Add(string tensor, string format, double mean, double deviation, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
            foreach (ref var value in values.AsSpan()) value = (float)(mean + (deviation * Gauss()));
            var as_ = WeightFormat.Find(format)!;
            if (shape[0] % as_.BlockLength != 0) as_ = WeightFormat.Find("F32")!;
            var blocks = new byte[as_.BytesOf(values.Length)];
            as_.Encode(values, blocks);
            tensors.Add(new(tensor, as_, shape, stream => stream.Write(blocks)));
        }

        void Matrix(string tensor, int columns, int rows, bool bias)
        {
            Add($"{tensor}.weight", type, 0, 1.5 / Math.Sqrt(columns), columns, rows);
            if (bias) Add($"{tensor}.bias", "F32", 0, 0.2, rows);
        }

        var isLayer = name is "gpt2" or "falcon" or "bloom" or "bert";
        void Norm(string tensor, int length)
        {
            Add($"{tensor}.weight", "F32", 1, 0.2, length);
            if (isLayer) Add($"{tensor}.bias", "F32", 0, 0.2, length);
        }

        Matrix("token_embd", width, vocabulary, false);
        if (name is "gpt2" or "bert") Add("position_embd.weight", "F32", 0, 0.3, width, context);
        if (name == "bert") Add("token_types.weight", "F32", 0, 0.3, width, 2);
        if (name is "bloom" or "bert") Norm("token_embd_norm", width);
        var biases = name is "gpt2" or "bloom" or "bert";
        for (var block = 0; block < blocks; block++)
        {
            string Of(string tensor) => $"blk.{block}.{tensor}";
            if (name != "bert") Norm(Of("attn_norm"), width);
            if (variant == "40b") Norm(Of("attn_norm_2"), width);
            if (name is "phi3" or "gpt2" or "falcon" or "bloom")
            {
                Matrix(Of("attn_qkv"), width, (heads + (2 * pairs)) * headLength, biases);
            }
            else
            {
                Matrix(Of("attn_q"), width, heads * headLength, biases || name == "qwen2");
                Matrix(Of("attn_k"), width, pairs * headLength, biases || name == "qwen2");
                Matrix(Of("attn_v"), width, pairs * headLength, biases || name == "qwen2");
            }

            if (name == "qwen3")
            {
                Norm(Of("attn_q_norm"), headLength);
                Norm(Of("attn_k_norm"), headLength);
            }

            Matrix(Of("attn_output"), heads * headLength, width, biases);
            if (name == "bert") Norm(Of("attn_output_norm"), width);
            else if (name != "falcon") Norm(Of("ffn_norm"), width);
            if (!isLayer && name != "phi3") Matrix(Of("ffn_gate"), width, Inner, false);
            Matrix(Of("ffn_up"), width, name == "phi3" ? 2 * Inner : Inner, biases);
            Matrix(Of("ffn_down"), Inner, width, biases);
            if (name == "bert") Norm(Of("layer_output_norm"), width);
        }

        if (name != "bert") Norm("output_norm", width);
        if (name is not ("gemma" or "bert") && variant != "tied") Matrix("output", width, vocabulary, false);
        if (variant == "factors") Add("rope_freqs.weight", "F32", 3, 0.5, headLength / 2);

        Dictionary<string, object> values = new()
        {
            ["general.architecture"] = name,
            [$"{name}.context_length"] = (uint)context,
            [$"{name}.embedding_length"] = (uint)width,
            [$"{name}.block_count"] = (uint)blocks,
            [$"{name}.feed_forward_length"] = (uint)Inner,
            [$"{name}.attention.head_count"] = (uint)heads,
            [$"{name}.attention.head_count_kv"] = (uint)pairs,
            [$"{name}.attention.layer_norm{(isLayer ? "" : "_rms")}_epsilon"] = 1e-5f,
            ["tokenizer.ggml.model"] = "llama",
            ["tokenizer.ggml.tokens"] = Enumerable.Range(0, vocabulary).Select(Piece).ToArray(),
            ["tokenizer.ggml.scores"] = Enumerable.Range(0, vocabulary).Select(i => (float)-i).ToArray(),
            ["tokenizer.ggml.token_type"] = Enumerable.Range(0, vocabulary).Select(i => i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1).ToArray(),
            ["tokenizer.ggml.bos_token_id"] = 1u,
            ["tokenizer.ggml.eos_token_id"] = 2u,
        };
        if (headLength != HeadLength)
        {
            values[$"{name}.attention.key_length"] = (uint)headLength;
            values[$"{name}.attention.value_length"] = (uint)headLength;
        }

        if (!isLayer || name == "falcon") values[$"{name}.rope.dimension_count"] = (uint)headLength;
        if (!isLayer) values[$"{name}.rope.freq_base"] = 5000f;
        if (name == "bert") values["bert.attention.causal"] = false;
        if (name == "bert") values["bert.pooling_type"] = variant switch { "mean" => 1u, "first" => 2u, _ => 0u };
        if (name == "bert") values["tokenizer.ggml.token_type_count"] = 2u;
        if (name == "bloom") values["bloom.attention.max_alibi_bias"] = 8f;
        if (name == "phi3") values["phi3.attention.sliding_window"] = (uint)Context;
        if (variant is "gqa-linear" or "gqa-yarn")
        {
            values["llama.rope.scaling.type"] = variant[4..];
            values["llama.rope.scaling.factor"] = 4f;
            values["llama.rope.scaling.original_context_length"] = 64u;
        }

        using var file = File.Create(path);
        GgufWriter.Write(file, values, tensors);
    }

    private static string Piece(int id) => id switch
    {
        0 => "<unk>",
        1 => "<s>",
        2 => "</s>",
        < 259 => $"<0x{id - 3:X2}>",
        _ => ((char)('A' + id - 259)).ToString(),
    };
}
