using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>Which tensors of a model are quantised, and to what.</summary>
public static class QuantizationPlan
{
    private static readonly WeightFormat s_f32 = WeightFormat.Find("F32")!;

    /// <summary>
    /// A model whose numbers are as inexact as in a format, and that is computed in single precision, so that the format's loss is measured
    /// and no kernel's. Embeddings and head are kept as they are.
    /// </summary>
    /// <param name="file">The model.</param>
    /// <param name="format">The format.</param>
    public static IReadOnlyList<TensorPlan> Trial(GgufFile file, WeightFormat format)
    {
        ArgumentNullException.ThrowIfNull(file);
        var names = Architecture.Of(file).Tensors;
        return [.. file.Tensors.Select(tensor => RoleOf(tensor, names) == TensorRole.Matrix
            ? new TensorPlan(tensor, s_f32) { Through = format }
            : new TensorPlan(tensor, tensor.Format))];
    }

    /// <summary>What a tensor is in a model.</summary>
    internal static TensorRole RoleOf(GgufTensor tensor, TensorNames names)
    {
        bool Is(string name) => tensor.Name == $"{name}.weight";
        if (tensor.Shape.Count != 2 || tensor.Rows == 1 || Is(names.PositionEmbedding) || Is(names.SegmentEmbedding))
            return TensorRole.Other;
        return Is(names.Embedding) ? TensorRole.Embedding : Is(names.Output) ? TensorRole.Output : TensorRole.Matrix;
    }
}

/// <summary>What a tensor is in a model.</summary>
internal enum TensorRole
{
    /// <summary>A block's matrix.</summary>
    Matrix,

    /// <summary>Embeddings of text tokens.</summary>
    Embedding,

    /// <summary>The head.</summary>
    Output,

    /// <summary>Norms, biases, positions: small, and kept as they are.</summary>
    Other,
}
