using System.Text.Json.Nodes;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Report;

/// <summary>Estimates as JSON.</summary>
internal static class EstimateJson
{
    /// <summary>Median and interval.</summary>
    public static JsonObject ToJson(this Estimate estimate) =>
        new() { ["median"] = estimate.Median, ["low"] = estimate.Low, ["high"] = estimate.High };
}
