using System.Collections;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Statistics;

/// <summary>Cells of runs, in the order of their factors' levels.</summary>
public sealed class Cells : IReadOnlyList<Cell>
{
    private readonly IReadOnlyList<Cell> _cells;

    private Cells(IReadOnlyList<Cell> cells) => _cells = cells;

    /// <inheritdoc/>
    public int Count => _cells.Count;

    /// <inheritdoc/>
    public Cell this[int index] => _cells[index];

    /// <summary>The factors that any of the cells has, in order.</summary>
    public IReadOnlyList<string> Factors => FactorLevels.Sort(_cells.SelectMany(cell => cell.Factors.Keys));

    /// <summary>Groups runs by experiment and factors; the order of runs does not matter.</summary>
    public static Cells Group(IEnumerable<RunResult> runs)
    {
        var cells = runs
            .GroupBy(run => (run.Experiment, Key: Key(run.Factors)))
            .Select(group => new Cell(group.Key.Experiment, group.First().Factors, group))
            .ToList();
        return Ordered(cells);
    }

    /// <summary>The cells of which something is so.</summary>
    public Cells Where(Func<Cell, bool> condition) => new([.. _cells.Where(condition)]);

    /// <summary>The cells of one experiment.</summary>
    public Cells ForExperiment(string experiment) => Where(cell => cell.Experiment == experiment);

    /// <summary>The cells with a factor's level.</summary>
    public Cells With(string factor, string level) => Where(cell => cell[factor] == level);

    /// <summary>A factor's levels in order; without those cells that do not have it.</summary>
    public IReadOnlyList<string> Levels(string factor) =>
        [.. _cells.Where(cell => cell.Factors.ContainsKey(factor)).Select(cell => cell[factor]).Distinct().Order(FactorLevels.Order)];

    /// <summary>Cells that differ in one factor alone, of which one has a level and the other another.</summary>
    public IEnumerable<(Cell Cell, Cell Against)> Pairs(string factor, string level, string against)
    {
        var others = With(factor, against).GroupBy(cell => (cell.Experiment, Key(cell.Factors, factor)))
            .ToDictionary(cells => cells.Key, cells => cells.First());
        foreach (var cell in With(factor, level))
        {
            if (others.TryGetValue((cell.Experiment, Key(cell.Factors, factor)), out var other)) yield return (cell, other);
        }
    }

    /// <summary>The cell of the same experiment with other levels of some factors; null where there is none.</summary>
    public Cell? Like(Cell cell, params (string Factor, string Level)[] changes)
    {
        var factors = new Dictionary<string, string>(cell.Factors);
        foreach (var (factor, level) in changes) factors[factor] = level;
        return _cells.FirstOrDefault(other => other.Experiment == cell.Experiment && Key(other.Factors) == Key(factors));
    }

    /// <inheritdoc/>
    public IEnumerator<Cell> GetEnumerator() => _cells.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Cells Ordered(List<Cell> cells)
    {
        var ordered = cells.OrderBy(cell => cell.Experiment, StringComparer.Ordinal);
        foreach (var factor in FactorLevels.Sort(cells.SelectMany(cell => cell.Factors.Keys)))
            ordered = ordered.ThenBy(cell => cell[factor], FactorLevels.Order);
        return new([.. ordered]);
    }

    // A unit separator: no level has one.
    private static string Key(IReadOnlyDictionary<string, string> factors, string except = "") =>
        string.Join('\u001f', factors.Where(factor => factor.Key != except).OrderBy(factor => factor.Key, StringComparer.Ordinal)
            .Select(factor => $"{factor.Key}\u001f{factor.Value}"));
}
