using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>What becomes of a tensor.</summary>
/// <param name="Tensor">The tensor, as its file has it.</param>
/// <param name="Format">How it is written.</param>
/// <param name="Note">Why that is not the format which was asked for; null where it is.</param>
public sealed record TensorPlan(GgufTensor Tensor, WeightFormat Format, string? Note = null)
{
    /// <summary>
    /// A format that the numbers go through before they are written, so that they are as inexact as in that. Its blocks run across the
    /// whole tensor where its rows have no whole number of them.
    /// </summary>
    public WeightFormat? Through { get; init; }

    /// <summary>Bytes that it takes.</summary>
    public long Bytes => Format.BytesOf(Tensor.Columns) * Tensor.Rows;
}
