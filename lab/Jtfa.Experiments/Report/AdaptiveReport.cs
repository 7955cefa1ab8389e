using System.Globalization;
using System.Text.Json.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>
/// What the experiment <c>adaptive</c> came to, as one JSON object: by profile the p99 of latency and the accuracy of the adaptive policies
/// and of each fixed T, each with its interval, and by how much the adaptive T differs from the fixed one on the same traces.
/// </summary>
public static class AdaptiveReport
{
    /// <summary>The object, in one line.</summary>
    public static string Json(IEnumerable<RunResult> results)
    {
        var cells = Cells.Group(results).ForExperiment(ExperimentNames.Adaptive);
        var profiles = new JsonObject();
        foreach (var profile in cells.Levels(FactorNames.Profile)) profiles[profile] = OfProfile(cells.With(FactorNames.Profile, profile));
        return profiles.ToJsonString();
    }

    private static JsonObject OfProfile(Cells cells)
    {
        var fixedOnes = new JsonObject();
        var adaptive = cells.First(cell => cell[FactorNames.Strategy] == StrategyNames.Adaptive);
        foreach (var cell in cells.Where(cell => TimeoutOf(cell) is not null).OrderBy(TimeoutOf))
        {
            var figures = Figures(value => cell.Find(value));
            figures["adaptiveMinusFixed"] = Figures(value => PairedDifference.Between(adaptive, cell, value)?.Difference);
            fixedOnes[TimeoutOf(cell)!.Value.ToString(CultureInfo.InvariantCulture)] = figures;
        }

        var adaptiveK = cells.First(cell => cell[FactorNames.Strategy] == StrategyNames.AdaptiveK);
        return new JsonObject
        {
            ["decisions"] = adaptive.Find(ValueNames.Decisions)?.Median,
            ["adaptive"] = Figures(value => adaptive.Find(value)),
            ["adaptiveK"] = Figures(value => adaptiveK.Find(value)),
            ["fixed"] = fixedOnes,
        };
    }

    private static double? TimeoutOf(Cell cell)
    {
        var prefix = StrategyNames.Fixed(0)[..^1];
        var strategy = cell[FactorNames.Strategy];
        return strategy.StartsWith(prefix, StringComparison.Ordinal)
            ? double.Parse(strategy.AsSpan(prefix.Length), CultureInfo.InvariantCulture)
            : null;
    }

    private static JsonObject Figures(Func<string, Estimate?> find) => new()
    {
        ["p99Ms"] = find(ValueNames.LatencyP99)?.ToJson(),
        ["accuracy"] = find(ValueNames.Accuracy)?.ToJson(),
    };
}
