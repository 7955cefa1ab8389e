using System.Collections.Concurrent;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Statistics;

/// <summary>
/// The percentile bootstrap of the median over runs (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13): runs are
/// drawn with replacement, as many as there are, 10,000 times; the interval holds the middle 95 % of the medians of these draws.
/// <para>Of few runs it says little more than their range. With five, the least is the median of 5.8 % of the draws, more than 2.5 %: so
/// the interval is from the least to the largest run, and holds the true median with probability 1 − 2·½⁵ = 94 %. With four runs that is
/// 88 %, with three 75 %. With one run the interval is the point, and says nothing.</para>
/// </summary>
public static class Bootstrap
{
    /// <summary>How many times runs are drawn again.</summary>
    public const int Resamples = 10_000;

    /// <summary>How much of the medians the interval holds.</summary>
    public const double Confidence = 0.95;

    // Fixed, so that a report of the same runs is the same again.
    private const int Seed = 1993;

    private static readonly ConcurrentDictionary<int, IReadOnlyList<Draw>> s_draws = new();

    /// <summary>The median of runs and its interval; the order of runs does not matter.</summary>
    /// <param name="values">A number a run, finite, at least one.</param>
    /// <exception cref="ArgumentException">There is no number, or one is not finite.</exception>
    public static Estimate Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0) throw new ArgumentException("An estimate needs at least one run.", nameof(values));
        if (!Array.TrueForAll(sorted, double.IsFinite)) throw new ArgumentException("A run's number is not finite.", nameof(values));
        var median = Quantiles.OfSorted(sorted, 0.5);
        if (sorted[0] == sorted[^1]) return new Estimate(median, median, median, sorted.Length);
        (double Median, int Times)[] medians =
            [.. s_draws.GetOrAdd(sorted.Length, Repeat).Select(draw => (Middle(sorted[draw.Lower], sorted[draw.Upper]), draw.Times))
                .OrderBy(draw => draw.Item1)];
        const double Outside = (1 - Confidence) / 2;
        return new Estimate(median, Quantile(medians, Outside), Quantile(medians, 1 - Outside), sorted.Length);
    }

    private static double Middle(double lower, double upper) => lower + (0.5 * (upper - lower));

    // Equals Quantiles.OfSorted of all the medians; few of them differ, so they are counted.
    private static double Quantile((double Median, int Times)[] medians, double p)
    {
        var at = p * (Resamples - 1);
        var (below, above) = (OrderStatistic(medians, (int)at), OrderStatistic(medians, Math.Min((int)at + 1, Resamples - 1)));
        return below + ((at - (int)at) * (above - below));
    }

    private static double OrderStatistic((double Median, int Times)[] medians, int rank)
    {
        foreach (var (median, times) in medians)
        {
            rank -= times;
            if (rank < 0) return median;
        }

        return medians[^1].Median;
    }

    // Which of the sorted runs are in the middle of each draw: that depends on the number of runs only.
    private static IReadOnlyList<Draw> Repeat(int runs)
    {
        var random = new Random(Seed);
        var times = new Dictionary<(int, int), int>();
        var drawn = new int[runs];
        for (var i = 0; i < Resamples; i++)
        {
            for (var j = 0; j < runs; j++) drawn[j] = random.Next(runs);
            Array.Sort(drawn);
            var middle = (drawn[(runs - 1) / 2], drawn[runs / 2]);
            times[middle] = times.GetValueOrDefault(middle) + 1;
        }

        return [.. times.Select(middle => new Draw(middle.Key.Item1, middle.Key.Item2, middle.Value))];
    }

    private readonly record struct Draw(int Lower, int Upper, int Times);
}
