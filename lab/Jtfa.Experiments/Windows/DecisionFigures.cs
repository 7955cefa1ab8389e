using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Windows;

/// <summary>What decisions come to, by <see cref="ValueNames"/>.</summary>
public static class DecisionFigures
{
    private const double MsPerSecond = 1000;

    /// <summary>The figures of a run; those that cannot be computed are absent.</summary>
    /// <param name="decisions">Its decisions.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="moments">Moments captured meanwhile; null where that is not known.</param>
    /// <param name="k">Views needed; null where no such number decides (exactly_k_share is absent then).</param>
    /// <param name="n">Views expected.</param>
    public static Dictionary<string, double> Compute(IReadOnlyList<MeasuredDecision> decisions, double seconds, int? moments, int? k, int n)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        var values = new Dictionary<string, double> { [ValueNames.Decisions] = decisions.Count };
        if (seconds > 0) values[ValueNames.Throughput] = decisions.Count / seconds;
        if (moments > 0) values[ValueNames.DecidedShare] = (double)decisions.Count / moments.Value;
        if (decisions.Count == 0) return values;
        AddLatency(values, decisions);
        values[ValueNames.Bytes] = decisions.Average(decision => (double)decision.Bytes);
        values[ValueNames.FillRatio] = decisions.Average(decision => decision.FillRatio);
        values[ValueNames.KShare] = Share(decisions, decision => decision.Cause == FireCause.K);
        if (k is { } needed) values[ValueNames.ExactlyKShare] = Share(decisions, decision => decision.DistinctViews(n) == needed);
        var labelled = decisions.Where(decision => decision.Gt >= 0).ToList();
        if (labelled.Count > 0) values[ValueNames.Accuracy] = Share(labelled, decision => decision.Pred == decision.Gt);
        return values;
    }

    private static void AddLatency(Dictionary<string, double> values, IReadOnlyList<MeasuredDecision> decisions)
    {
        double[] sorted = [.. decisions.Select(decision => decision.LatMean * MsPerSecond).Order()];
        var (p50, p99) = (Quantiles.OfSorted(sorted, 0.50), Quantiles.OfSorted(sorted, 0.99));
        values[ValueNames.LatencyP50] = p50;
        values[ValueNames.LatencyP90] = Quantiles.OfSorted(sorted, 0.90);
        values[ValueNames.LatencyP99] = p99;
        values[ValueNames.LatencyDelta] = p99 - p50;
        if (p50 > 0) values[ValueNames.TailFactor] = p99 / p50;
    }

    private static double Share(IReadOnlyCollection<MeasuredDecision> decisions, Func<MeasuredDecision, bool> isSo) =>
        (double)decisions.Count(isSo) / decisions.Count;
}
