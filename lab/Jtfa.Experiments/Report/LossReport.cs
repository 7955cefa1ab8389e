using System.Text.Json.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>
/// What the experiment <c>loss</c> came to, as one JSON object: by profile, T and redundancy (of duplicate by its delay, of red by its
/// tokens) the share of moments decided with K views, the bytes on the wire a token, p99 of latency and accuracy, each with its interval.
/// </summary>
public static class LossReport
{
    private static readonly (string Name, string Value)[] s_figures =
    [
        ("decisionsWithK", ValueNames.KViewsShare), ("savedOfLost", ValueNames.SavedShare), ("wireBytes", ValueNames.WireBytes),
        ("packets", ValueNames.Packets), ("p99Ms", ValueNames.LatencyP99), ("accuracy", ValueNames.Accuracy),
    ];

    /// <summary>The object, in one line.</summary>
    public static string Json(IEnumerable<RunResult> results)
    {
        var cells = Cells.Group(results).ForExperiment(ExperimentNames.Loss);
        var profiles = new JsonObject();
        foreach (var profile in cells.Levels(FactorNames.Profile))
        {
            var (of, timeouts) = (cells.With(FactorNames.Profile, profile), new JsonObject());
            foreach (var timeout in of.Levels(FactorNames.T)) timeouts[timeout] = ByRedundancy(of.With(FactorNames.T, timeout));
            profiles[profile] = timeouts;
        }

        return profiles.ToJsonString();
    }

    private static JsonObject ByRedundancy(Cells cells)
    {
        var all = new JsonObject();
        foreach (var cell in cells)
        {
            var name = cell[FactorNames.Redundancy].Split('-');
            if (name.Length == 1)
            {
                all[name[0]] = Figures(cell);
                continue;
            }

            if (all[name[0]] is not JsonObject kind) all[name[0]] = kind = [];
            kind[name[1]] = Figures(cell);
        }

        return all;
    }

    private static JsonObject Figures(Cell cell)
    {
        var figures = new JsonObject();
        foreach (var (name, value) in s_figures) figures[name] = cell.Find(value)?.ToJson();
        return figures;
    }
}
