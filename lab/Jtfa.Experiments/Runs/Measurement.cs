using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Windows;
using Jtfa.Interfaces;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>The part of a run that is measured: the moments from one time to another, seconds since 1970.</summary>
/// <param name="From">The first moment, or later.</param>
/// <param name="To">The end, not included.</param>
/// <param name="Rate">Moments a second.</param>
/// <param name="Views">Camera views.</param>
internal sealed record Measurement(double From, double To, double Rate, int Views)
{
    /// <summary>
    /// What a datagram has on the wire besides its payload, bytes: IPv4's and UDP's headers, Ethernet's and its frame check sequence.
    /// </summary>
    public const int WireOverhead = LinkImpairment.HeaderBytes + 18;

    /// <summary>How long it is.</summary>
    public double Seconds => To - From;

    /// <summary>Moments in it.</summary>
    public int Moments => (int)(Math.Ceiling(To * Rate) - Math.Ceiling(From * Rate));

    /// <summary>Begins now and ends after so long.</summary>
    public static async Task<Measurement> TakeAsync(TimeSpan length, double rate, int views, CancellationToken cancellationToken)
    {
        var from = TimeProvider.System.UnixSeconds();
        await Task.Delay(length, cancellationToken);
        return new Measurement(from, TimeProvider.System.UnixSeconds(), rate, views);
    }

    /// <summary>Whether a decision is of a moment in it.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="w">Its window's width, milliseconds.</param>
    public bool Holds(long id, double w) => id * w / 1000 >= From && id * w / 1000 < To;

    /// <summary>The figures of a scene's decisions.</summary>
    public Dictionary<string, double> Figures(IEnumerable<Decision> decisions, int k, double w) => Figures(
        decisions.Where(decision => Holds(decision.Id, w)).Select(decision => new MeasuredDecision(
            decision.Timestamp, decision.Cause, decision.M, decision.FillRatio, decision.Bytes, decision.LatMean, decision.Pred,
            decision.Gt)),
        k);

    /// <summary>The figures of replayed decisions.</summary>
    /// <param name="decisions">The decisions.</param>
    /// <param name="k">Views needed; null where that decides nothing.</param>
    /// <param name="w">Their windows' width, milliseconds.</param>
    public Dictionary<string, double> Figures(IEnumerable<ReplayedDecision> decisions, int? k, double w) =>
        Figures(decisions.Where(decision => Holds(decision.Id, w)).Select(decision => decision.Measured), k);

    /// <summary>Adds what a view sent on average, of datagrams and bytes that all sent together.</summary>
    public void AddBandwidth(Dictionary<string, double> values, long datagrams, long bytes)
    {
        var perView = 8 / 1000.0 / Seconds / Views;
        values[ValueNames.PayloadKbps] = bytes * perView;
        values[ValueNames.WireKbps] = (bytes + (datagrams * WireOverhead)) * perView;
    }

    private Dictionary<string, double> Figures(IEnumerable<MeasuredDecision> decisions, int? k) =>
        DecisionFigures.Compute([.. decisions], Seconds, Moments, k, Views);
}
