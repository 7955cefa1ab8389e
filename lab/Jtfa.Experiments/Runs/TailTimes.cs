using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;
using Jtfa.Experiments.Windows;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// Where the time of each decision went (<see cref="Stages"/>), put together from what cameras, relay and silo report, all by one machine's
/// clock. Up to the gateway these are the times of the token that opened the window; after that the window waits for the other tokens.
/// </summary>
internal sealed class TailTimes
{
    private const double MsPerSecond = 1000;
    private const double SlowestShare = 0.02;

    private readonly Dictionary<(long View, long Moment), Span> _tokens;
    private readonly Dictionary<(long View, long Moment), double> _arrivals;
    private readonly double[] _commitStarts;
    private readonly double[] _commitEnds;

    public TailTimes(IReadOnlyList<Span> tokens, Arrivals arrivals, IReadOnlyList<Span> commits)
    {
        _tokens = tokens.DistinctBy(KeyOf).ToDictionary(KeyOf);
        _arrivals = arrivals.All.GroupBy(arrival => ((long)arrival.View, arrival.Moment))
            .ToDictionary(group => group.Key, group => group.Min(arrival => arrival.ReceivedAt));
        var inOrder = commits.OrderBy(commit => commit.Start).ToList();
        (_commitStarts, _commitEnds) = ([.. inOrder.Select(commit => commit.Start)], [.. inOrder.Select(commit => commit.End)]);
    }

    /// <summary>The stages' times by <see cref="ValueNames"/>; decisions of which something is not known are left out.</summary>
    public Dictionary<string, double> Values(IEnumerable<Span> decisions)
    {
        var times = decisions.Select(TimesOf).OfType<double[]>().OrderBy(UntilPublished).ToList();
        var values = new Dictionary<string, double> { [ValueNames.Decisions] = times.Count };
        if (times.Count == 0) return values;
        var middle = times[(int)(0.4 * times.Count)..Math.Max((int)(0.6 * times.Count), (int)(0.4 * times.Count) + 1)];
        var slowest = times[^Math.Max(1, (int)Math.Round(SlowestShare * times.Count))..];
        for (var stage = 0; stage < Stages.All.Count; stage++)
        {
            var name = Stages.All[stage];
            double[] sorted = [.. times.Select(stages => stages[stage]).Order()];
            values[ValueNames.StageP50(name)] = Quantiles.OfSorted(sorted, 0.5);
            values[ValueNames.StageP99(name)] = Quantiles.OfSorted(sorted, 0.99);
            values[ValueNames.Middle(name)] = middle.Average(stages => stages[stage]);
            values[ValueNames.Slowest(name)] = slowest.Average(stages => stages[stage]);
        }

        return values;
    }

    // Without the last stage, the log: nobody waits for it.
    private static double UntilPublished(double[] stages) => stages.SkipLast(1).Sum();

    private static (long View, long Moment) KeyOf(Span token) => (token.Number("view"), token.Number("decision"));

    private double[]? TimesOf(Span decision)
    {
        var key = (decision.Number("opened_by"), decision.Number("decision"));
        if (!_tokens.TryGetValue(key, out var token) || !_arrivals.TryGetValue(key, out var sent)
            || CommittedAfter(decision.End) is not { } committed) return null;

        // The relay takes the time after its send call; the gateway may have taken the token before that.
        var arrived = Math.Min(sent, decision.Start);
        double[] at =
        [
            token.Start, token.Events["captured"], token.Events["inferred"], token.End, arrived, decision.Start, decision.Events["due"],
            decision.Events["fired"],
            decision.End, committed,
        ];
        return [.. at.Skip(1).Zip(at, (later, earlier) => (later - earlier) * MsPerSecond)];
    }

    // A group takes what waits when it begins, so the first that begins after the decision has it.
    private double? CommittedAfter(double published)
    {
        var index = Array.BinarySearch(_commitStarts, published);
        if (index < 0) index = ~index;
        return index < _commitEnds.Length ? _commitEnds[index] : null;
    }
}
