using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>What a tensor's numbers cost in one format.</summary>
/// <param name="Format">The format.</param>
/// <param name="Divergence">How far the model's predictions are from those of the exact model, this tensor alone being inexact.</param>
public readonly record struct FormatCost(WeightFormat Format, double Divergence);

/// <summary>What a tensor costs in each format that fits it.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Costs">Each format's cost, one at least.</param>
public sealed record TensorCosts(GgufTensor Tensor, IReadOnlyList<FormatCost> Costs);

/// <summary>Chooses a format for each tensor, so that the sum of their costs is small and the bits are within a budget.</summary>
public static class Allocation
{
    /// <summary>
    /// Begins with each tensor's smallest format and goes, time after time, to the one that saves most divergence a bit and for which
    /// there is room: the best sum but for what the last step leaves over, since costs fall ever slower as bits grow.
    /// </summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="meanBits">The budget: bits that a number may take in the mean.</param>
    /// <returns>A format for each tensor; null where even the smallest ones take more.</returns>
    public static IReadOnlyList<FormatCost>? Choose(IReadOnlyList<TensorCosts> tensors, double meanBits)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        FormatCost[] chosen = [.. tensors.Select(
            tensor => tensor.Costs.OrderBy(cost => cost.Format.BitsPerWeight).ThenBy(cost => cost.Divergence).First())];
        var left = (meanBits * tensors.Sum(tensor => tensor.Tensor.Elements)) - LeastBits(tensors);
        if (left < 0) return null;
        while (Best(tensors, chosen, left) is { } step)
        {
            left -= Bits(tensors[step.Place], step.Cost) - Bits(tensors[step.Place], chosen[step.Place]);
            chosen[step.Place] = step.Cost;
        }

        return chosen;
    }

    /// <summary>The bits that all numbers take in each tensor's smallest format.</summary>
    public static double LeastBits(IReadOnlyList<TensorCosts> tensors) =>
        tensors.Sum(tensor => tensor.Tensor.Elements * tensor.Costs.Min(cost => cost.Format.BitsPerWeight));

    private static (int Place, FormatCost Cost)? Best(IReadOnlyList<TensorCosts> tensors, FormatCost[] chosen, double left)
    {
        var (best, most) = (((int, FormatCost)?)null, 0.0);
        for (var place = 0; place < tensors.Count; place++)
        {
            foreach (var cost in tensors[place].Costs)
            {
                var bits = Bits(tensors[place], cost) - Bits(tensors[place], chosen[place]);
                var saved = chosen[place].Divergence - cost.Divergence;
                if (bits < 0 || bits > left || saved <= 0) continue;
                var gain = bits == 0 ? double.PositiveInfinity : saved / bits;
                if (gain > most) (best, most) = ((place, cost), gain);
            }
        }

        return best;
    }

    private static double Bits(TensorCosts tensor, FormatCost cost) => tensor.Tensor.Elements * cost.Format.BitsPerWeight;
}
