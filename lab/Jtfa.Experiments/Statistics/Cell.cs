using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Statistics;

/// <summary>The runs of one experiment with the same factors: its repeats.</summary>
public sealed class Cell
{
    private readonly Dictionary<string, Estimate?> _estimates = [];

    internal Cell(string experiment, IReadOnlyDictionary<string, string> factors, IEnumerable<RunResult> runs)
    {
        Experiment = experiment;
        Factors = factors;
        Runs = [.. runs.OrderBy(run => run.Repeat).ThenBy(run => run.Seed)];
    }

    /// <summary>One of <see cref="ExperimentNames"/>.</summary>
    public string Experiment { get; }

    /// <summary>What the cell's runs have in common, by <see cref="FactorNames"/>.</summary>
    public IReadOnlyDictionary<string, string> Factors { get; }

    /// <summary>Its runs, by repeat.</summary>
    public IReadOnlyList<RunResult> Runs { get; }

    /// <summary>A factor's level; empty where the cell has no such factor.</summary>
    public string this[string factor] => Factors.GetValueOrDefault(factor, "");

    /// <summary>What the runs say of a value; null where none of them could measure it.</summary>
    public Estimate? Find(string value)
    {
        if (_estimates.TryGetValue(value, out var known)) return known;
        var values = Measured(value).Select(run => run.Values[value]).ToList();
        return _estimates[value] = values.Count == 0 ? null : Bootstrap.Median(values);
    }

    /// <summary>A value's runs by their repeat; of a repeat that was run twice the median.</summary>
    public IReadOnlyDictionary<int, double> ByRepeat(string value) =>
        Measured(value).GroupBy(run => run.Repeat)
            .ToDictionary(runs => runs.Key, runs => Quantiles.Median(runs.Select(run => run.Values[value])));

    /// <summary>
    /// How far the runs lie apart, of their median: (largest − least) / |median|; null with fewer than two runs or a median of 0.
    /// </summary>
    public double? RelativeRange(string value)
    {
        double[] values = [.. Measured(value).Select(run => run.Values[value])];
        if (values.Length < 2 || Quantiles.Median(values) is var median && median == 0) return null;
        return (values.Max() - values.Min()) / Math.Abs(median);
    }

    // A value that is not finite counts as not measured.
    private IEnumerable<RunResult> Measured(string value) =>
        Runs.Where(run => run.Values.TryGetValue(value, out var number) && double.IsFinite(number));
}
