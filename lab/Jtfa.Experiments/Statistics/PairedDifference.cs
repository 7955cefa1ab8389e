using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Statistics;

/// <summary>
/// How much higher a value is in one cell than in another: the median over repeats of the differences between runs of the same repeat,
/// which share seeds, links' fates and frames. What repeats have in common (a busy machine, an unlucky seed) cancels out.
/// </summary>
/// <param name="Difference">The median difference and its interval.</param>
/// <param name="Verdict">
/// Which way it goes, only if the interval excludes 0 and there are <see cref="MinimumPairs"/> pairs. With five pairs that is so when all
/// five differ in the same direction, which happens by chance in 1 of 16 where there is no difference.
/// </param>
public sealed record PairedDifference(Estimate Difference, Verdict Verdict)
{
    /// <summary>
    /// Pairs needed for a verdict: of four that all differ in one direction 1 of 8 do so by chance, which proves nothing.
    /// </summary>
    public const int MinimumPairs = 5;

    /// <summary>Makes one of the differences themselves.</summary>
    /// <param name="differences">One a repeat, at least one.</param>
    /// <exception cref="ArgumentException">There is none, or one is not finite.</exception>
    public static PairedDifference Create(IEnumerable<double> differences) => Create(Bootstrap.Median(differences));

    /// <summary>Makes one of an estimate of differences.</summary>
    public static PairedDifference Create(Estimate difference) => new(difference, Decide(difference));

    /// <summary>A cell minus another; null where no repeat has the value in both.</summary>
    public static PairedDifference? Between(Cell cell, Cell against, string value) =>
        Paired(cell, against, value, (a, b) => a - b) is { Count: > 0 } differences ? Create(differences) : null;

    /// <summary>
    /// A cell's value divided by another cell's; null where no repeat has the value in both, and not 0 in the other.
    /// </summary>
    public static Estimate? Ratio(Cell cell, Cell against, string value)
    {
        double[] ratios = [.. Paired(cell, against, value, (a, b) => a / b).Where(double.IsFinite)];
        return ratios.Length == 0 ? null : Bootstrap.Median(ratios);
    }

    private static List<double> Paired(Cell cell, Cell against, string value, Func<double, double, double> compare)
    {
        var (ours, theirs) = (cell.ByRepeat(value), against.ByRepeat(value));
        return [.. ours.Where(run => theirs.ContainsKey(run.Key)).Select(run => compare(run.Value, theirs[run.Key]))];
    }

    private static Verdict Decide(Estimate difference)
    {
        if (difference.Runs < MinimumPairs) return Verdict.NotTold;
        if (difference.Low > 0) return Verdict.Higher;
        return difference.High < 0 ? Verdict.Lower : Verdict.NotTold;
    }
}
