using System.Text.Json.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>
/// What the experiment <c>rate</c> came to, as one JSON object: by pacing the packets a captured token, the accuracy of the decision in
/// force and the age of fused tokens, and by how much each differs in accuracy from sending every token, on the same scenes.
/// </summary>
public static class RateReport
{
    /// <summary>The object, in one line.</summary>
    public static string Json(IEnumerable<RunResult> results)
    {
        var cells = Cells.Group(results).ForExperiment(ExperimentNames.Rate);
        var all = new JsonObject();
        var every = cells.FirstOrDefault(cell => cell[FactorNames.Pacing] == PacingNames.Every);
        foreach (var cell in cells)
        {
            all[cell[FactorNames.Pacing]] = new JsonObject
            {
                ["packets"] = cell.Find(ValueNames.Packets)?.ToJson(),
                ["accuracy"] = cell.Find(ValueNames.Accuracy)?.ToJson(),
                ["accuracyMinusEvery"] =
                    every is null ? null : PairedDifference.Between(cell, every, ValueNames.Accuracy)?.Difference.ToJson(),
                ["ageMs"] = cell.Find(ValueNames.TokenAge)?.ToJson(),
                ["p99Ms"] = cell.Find(ValueNames.LatencyP99)?.ToJson(),
                ["decisions"] = cell.Find(ValueNames.Decisions)?.ToJson(),
            };
        }

        return all.ToJsonString();
    }
}
