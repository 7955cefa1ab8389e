namespace Jtfa.Experiments.Statistics;

/// <summary>Quantiles of a few numbers, by linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996).</summary>
public static class Quantiles
{
    /// <summary>The quantile of <paramref name="p"/>.</summary>
    /// <param name="sorted">At least one number, ascending.</param>
    /// <param name="p">0 … 1.</param>
    /// <exception cref="ArgumentException">There is no number, or p lies outside 0 … 1.</exception>
    public static double OfSorted(IReadOnlyList<double> sorted, double p)
    {
        if (sorted.Count == 0) throw new ArgumentException("A quantile needs at least one number.", nameof(sorted));
        if (!(p is >= 0 and <= 1)) throw new ArgumentException($"p={p}: allowed is 0 … 1.", nameof(p));
        var at = p * (sorted.Count - 1);
        var below = (int)at;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>The median of at least one number, in any order.</summary>
    /// <exception cref="ArgumentException">There is no number.</exception>
    public static double Median(IEnumerable<double> values) => OfSorted([.. values.Order()], 0.5);
}
