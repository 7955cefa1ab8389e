using System.Text.Json.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>
/// What the experiment <c>wire</c> came to, as one JSON object: by length of the token and by quantiser and encoding a token's bytes, the
/// accuracy of decisions, and by how much that differs from version 1's with the same encoding on the same fates.
/// </summary>
public static class WireReport
{
    internal const string Yardstick = "v1-int8";

    /// <summary>The object, in one line.</summary>
    public static string Json(IEnumerable<RunResult> results)
    {
        var cells = Cells.Group(results).ForExperiment(ExperimentNames.Wire);
        var lengths = new JsonObject();
        foreach (var dimension in cells.Levels(FactorNames.Dimension))
        {
            var ways = new JsonObject();
            foreach (var cell in cells.With(FactorNames.Dimension, dimension))
            {
                ways[$"{cell[FactorNames.Quantiser]}/{cell[FactorNames.Encoding]}"] = new JsonObject
                {
                    ["bytes"] = cell.Find(ValueNames.TokenBytes)?.Median,
                    ["accuracy"] = cell.Find(ValueNames.Accuracy)?.ToJson(),
                    ["minusVersion1"] = Difference(cell, cells)?.Difference.ToJson(),
                    ["decisions"] = cell.Find(ValueNames.Decisions)?.Median,
                };
            }

            lengths[dimension] = ways;
        }

        return lengths.ToJsonString();
    }

    private static PairedDifference? Difference(Cell cell, Cells cells) =>
        cell[FactorNames.Quantiser] != Yardstick && cells.Like(cell, (FactorNames.Quantiser, Yardstick)) is { } yardstick
            ? PairedDifference.Between(cell, yardstick, ValueNames.Accuracy)
            : null;
}
