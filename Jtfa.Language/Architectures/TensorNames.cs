using System.Globalization;

namespace Jtfa.Language.Architectures;

/// <summary>
/// Names of tensors in a model file, without <c>.weight</c> and <c>.bias</c>; <c>{0}</c> is the block's number. What a file does not have
/// is left out of the computation, where that makes sense, so that one description serves models with and without biases.
/// </summary>
public sealed record TensorNames
{
    private const string Block = "{0}";

    /// <summary>Embeddings of text tokens.</summary>
    public string Embedding { get; init; } = "token_embd";

    /// <summary>Embeddings of positions, where they are learned.</summary>
    public string PositionEmbedding { get; init; } = "position_embd";

    /// <summary>Embeddings of segments, of which the first is added.</summary>
    public string SegmentEmbedding { get; init; } = "token_types";

    /// <summary>The norm of the embeddings.</summary>
    public string EmbeddingNorm { get; init; } = "token_embd_norm";

    /// <summary>The last norm.</summary>
    public string FinalNorm { get; init; } = "output_norm";

    /// <summary>The head; where it is missing, it is the embeddings.</summary>
    public string Output { get; init; } = "output";

    /// <summary>Factors by which angles of rotary positions are divided.</summary>
    public string RotaryFactors { get; init; } = "rope_freqs";

    /// <summary>The same for texts that are longer than the original context.</summary>
    public string LongRotaryFactors { get; init; } = "rope_factors_long";

    /// <summary>The same for shorter ones.</summary>
    public string ShortRotaryFactors { get; init; } = "rope_factors_short";

    /// <summary>The norm before attention.</summary>
    public string AttentionNorm { get; init; } = "blk.{0}.attn_norm";

    /// <summary>A second norm before attention, the first being the feed-forward network's then.</summary>
    public string SecondAttentionNorm { get; init; } = "blk.{0}.attn_norm_2";

    /// <summary>Queries, keys and values in one.</summary>
    public string QueryKeyValue { get; init; } = "blk.{0}.attn_qkv";

    /// <summary>Queries.</summary>
    public string Query { get; init; } = "blk.{0}.attn_q";

    /// <summary>Keys.</summary>
    public string Key { get; init; } = "blk.{0}.attn_k";

    /// <summary>Values.</summary>
    public string Value { get; init; } = "blk.{0}.attn_v";

    /// <summary>The norm of each head's query.</summary>
    public string QueryNorm { get; init; } = "blk.{0}.attn_q_norm";

    /// <summary>The norm of each head's key.</summary>
    public string KeyNorm { get; init; } = "blk.{0}.attn_k_norm";

    /// <summary>From heads back to the width.</summary>
    public string AttentionOutput { get; init; } = "blk.{0}.attn_output";

    /// <summary>The norm after attention and residual.</summary>
    public string AttentionOutputNorm { get; init; } = "blk.{0}.attn_output_norm";

    /// <summary>The norm before the feed-forward network.</summary>
    public string FeedForwardNorm { get; init; } = "blk.{0}.ffn_norm";

    /// <summary>The gate; where it is missing and the network has one, it is the first half of <see cref="Up"/>.</summary>
    public string Gate { get; init; } = "blk.{0}.ffn_gate";

    /// <summary>Up to the network's width.</summary>
    public string Up { get; init; } = "blk.{0}.ffn_up";

    /// <summary>Down to the model's.</summary>
    public string Down { get; init; } = "blk.{0}.ffn_down";

    /// <summary>The norm after feed-forward network and residual.</summary>
    public string BlockOutputNorm { get; init; } = "blk.{0}.layer_output_norm";

    /// <summary>The block that a tensor of a model file belongs to.</summary>
    /// <param name="tensor">The tensor's name, as its file has it.</param>
    /// <returns>The block's number; null where the tensor belongs to the whole model.</returns>
    public int? BlockOf(string tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        string[] patterns =
        [
            AttentionNorm, SecondAttentionNorm, QueryKeyValue, Query, Key, Value, QueryNorm, KeyNorm, AttentionOutput, AttentionOutputNorm,
            FeedForwardNorm, Gate, Up, Down, BlockOutputNorm,
        ];
        foreach (var pattern in patterns)
        {
            var before = pattern.IndexOf(Block, StringComparison.Ordinal);
            if (before < 0 || !tensor.StartsWith(pattern[..before], StringComparison.Ordinal)) continue;
            var digits = tensor[before..].TakeWhile(char.IsAsciiDigit).Count();
            var rest = tensor[(before + digits)..];
            if (rest != $"{pattern[(before + Block.Length)..]}.weight" && rest != $"{pattern[(before + Block.Length)..]}.bias") continue;
            if (int.TryParse(tensor.AsSpan(before, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var block)) return block;
        }

        return null;
    }

    /// <summary>Whether every stage needs a tensor that belongs to no block: factors of rotary positions.</summary>
    /// <param name="tensor">The tensor's name, as its file has it.</param>
    public bool IsOfEveryStage(string tensor) =>
        tensor == $"{RotaryFactors}.weight" || tensor == $"{LongRotaryFactors}.weight" || tensor == $"{ShortRotaryFactors}.weight";
}
