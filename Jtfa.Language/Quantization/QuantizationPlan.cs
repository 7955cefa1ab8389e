using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>Which tensors of a model are quantised, and to what.</summary>
public static class QuantizationPlan
{
    private static readonly WeightFormat s_f32 = WeightFormat.Find("F32")!;
    private static readonly WeightFormat s_head = WeightFormat.Find("Q6_K")!;

    /// <summary>All matrices in one format, but for embeddings and head where others are wanted.</summary>
    /// <param name="file">The model.</param>
    /// <param name="format">The format.</param>
    /// <param name="embedding">The embeddings' format; null: the same.</param>
    /// <param name="output">
    /// The format of the head, and of embeddings that are the head; null: the same, or Q6_K where that is more exact.
    /// </param>
    public static IReadOnlyList<TensorPlan> Uniform(GgufFile file, WeightFormat format, WeightFormat? embedding, WeightFormat? output)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(format);
        output ??= format.BitsPerWeight < s_head.BitsPerWeight ? s_head : format;
        return [.. Matrices(file).Select(matrix => matrix.Role switch
        {
            TensorRole.Other => new TensorPlan(matrix.Tensor, matrix.Tensor.Format),
            TensorRole.Embedding => Fitted(matrix.Tensor, embedding ?? format),
            TensorRole.Output => Fitted(matrix.Tensor, output),
            _ => Fitted(matrix.Tensor, format),
        })];
    }

    /// <summary>
    /// A model whose numbers are as inexact as in a format, and that is computed in single precision, so that the format's loss is measured
    /// and no kernel's. Embeddings and head are kept as they are.
    /// </summary>
    /// <param name="file">The model.</param>
    /// <param name="format">The format.</param>
    public static IReadOnlyList<TensorPlan> Trial(GgufFile file, WeightFormat format)
    {
        ArgumentNullException.ThrowIfNull(file);
        return [.. Matrices(file).Select(matrix => matrix.Role == TensorRole.Matrix
            ? new TensorPlan(matrix.Tensor, s_f32) { Through = format }
            : new TensorPlan(matrix.Tensor, matrix.Tensor.Format))];
    }

    /// <summary>Bits that a matrix's number takes in the mean, embeddings and head included.</summary>
    public static double MeanBits(GgufFile file, IReadOnlyList<TensorPlan> plans)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(plans);
        var (bytes, numbers) = (0L, 0L);
        foreach (var (plan, (_, role)) in plans.Zip(Matrices(file)))
        {
            if (role == TensorRole.Other) continue;
            bytes += plan.Bytes;
            numbers += plan.Tensor.Elements;
        }

        return numbers == 0 ? 0 : 8.0 * bytes / numbers;
    }

    /// <summary>A model's metadata, with the file type of a plan.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Metadata(GgufFile file, IReadOnlyList<TensorPlan> plans)
    {
        ArgumentNullException.ThrowIfNull(file);
        var main = plans.GroupBy(plan => plan.Format).MaxBy(group => group.Sum(plan => plan.Tensor.Elements))!.Key;
        var changed = new Dictionary<string, object> { ["general.file_type"] = FileTypes.Of(main) };
        if (main.BlockLength > 1) changed["general.quantization_version"] = FileTypes.QuantizationVersion;
        foreach (var (key, value) in file.Metadata.Values) yield return new(key, changed.Remove(key, out var other) ? other : value);
        foreach (var added in changed) yield return added;
    }

    /// <summary>The tensors of a model, and what they are in it.</summary>
    internal static IEnumerable<(GgufTensor Tensor, TensorRole Role)> Matrices(GgufFile file)
    {
        var architecture = Architecture.Of(file);
        var names = architecture.Tensors;
        var isTied = architecture.Causal && file.Find($"{names.Output}.weight") is null;
        return file.Tensors.Select(tensor => (tensor, RoleOf(tensor, names, isTied)));
    }

    private static TensorRole RoleOf(GgufTensor tensor, TensorNames names, bool isTied)
    {
        bool Is(string name) => tensor.Name == $"{name}.weight";
        if (tensor.Shape.Count != 2 || tensor.Rows == 1 || Is(names.PositionEmbedding) || Is(names.SegmentEmbedding))
            return TensorRole.Other;
        return Is(names.Output) || (isTied && Is(names.Embedding)) ? TensorRole.Output
            : Is(names.Embedding) ? TensorRole.Embedding : TensorRole.Matrix;
    }

    private static TensorPlan Fitted(GgufTensor tensor, WeightFormat wanted)
    {
        var format = FormatFit.Nearest(wanted, tensor.Columns);
        var note = format != wanted
            ? $"its rows of {tensor.Columns} numbers have no whole number of {wanted.Name}'s blocks of {wanted.BlockLength}"
            : null;
        return new TensorPlan(tensor, format, note);
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
