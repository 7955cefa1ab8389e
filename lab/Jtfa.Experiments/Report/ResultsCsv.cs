using System.Globalization;
using System.Text;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>
/// Runs and estimates as CSV (RFC 4180, lines ending in a line feed): numbers with a point and as many digits as they need, empty what a
/// run could not measure.
/// </summary>
public static class ResultsCsv
{
    /// <summary>An experiment's runs: its factors, repeat, seed, then all values that any of the runs has.</summary>
    /// <param name="runs">Runs of one experiment.</param>
    public static string OfRuns(IReadOnlyList<RunResult> runs)
    {
        var cells = Cells.Group(runs);
        var factors = cells.Factors;
        var values = ValuesOf(runs);
        var csv = new StringBuilder();
        Add(csv, [.. factors, "repeat", "seed", .. values]);
        foreach (var (cell, run) in cells.SelectMany(cell => cell.Runs.Select(run => (cell, run))))
        {
            Add(csv,
            [
                .. factors.Select(factor => cell[factor]), Number(run.Repeat), run.Seed.ToString(CultureInfo.InvariantCulture),
                .. values.Select(value => run.Values.TryGetValue(value, out var number) ? Number(number) : ""),
            ]);
        }

        return csv.ToString();
    }

    /// <summary>All cells' estimates: <c>experiment,factors,value,median,low,high,runs</c>, factors as <c>k=v;k=v</c>.</summary>
    public static string OfEstimates(Cells cells)
    {
        var csv = new StringBuilder();
        Add(csv, ["experiment", "factors", "value", "median", "low", "high", "runs"]);
        foreach (var cell in cells)
        {
            var factors = string.Join(';', FactorLevels.Sort(cell.Factors.Keys).Select(factor => $"{factor}={cell[factor]}"));
            foreach (var value in ValuesOf(cell.Runs))
            {
                if (cell.Find(value) is not { } estimate) continue;
                Add(csv, [cell.Experiment, factors, value, Number(estimate.Median), Number(estimate.Low), Number(estimate.High),
                    Number(estimate.Runs)]);
            }
        }

        return csv.ToString();
    }

    // In the order in which they first appear in the runs.
    private static List<string> ValuesOf(IEnumerable<RunResult> runs) => [.. runs.SelectMany(run => run.Values.Keys).Distinct()];

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void Add(StringBuilder csv, IEnumerable<string> fields) => csv.AppendJoin(',', fields.Select(Quote)).Append('\n');

    private static string Quote(string field) => field.AsSpan().ContainsAny(",\"\r\n") ? $"\"{field.Replace("\"", "\"\"")}\"" : field;
}
