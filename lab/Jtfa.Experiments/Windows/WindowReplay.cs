using Jtfa.Core;

namespace Jtfa.Experiments.Windows;

/// <summary>
/// Decisions on recorded arrivals, by four strategies. Everything happens at the times of the arrivals: what comes at the same time is
/// taken together, and a decision that is due then is made before it is taken.
/// </summary>
public static class WindowReplay
{
    /// <summary>When wait-for-all gives views up, seconds: without an end one dead camera would stop it for ever.</summary>
    public const double GiveUp = 1;

    /// <summary>K of N: fires with the K-th distinct view, or T after the first; <see cref="DecisionKeyer"/> keys and refuses.</summary>
    /// <param name="arrivals">Of one scene.</param>
    /// <param name="policy">K, N, T, W.</param>
    /// <param name="head">Gate and head of the vectors' length.</param>
    /// <exception cref="ArgumentException">Arrivals of several scenes, or not of the head's length; a policy out of range.</exception>
    public static ReplayedWindows KOfN(Arrivals arrivals, ReplayPolicy policy, FusionHead head)
    {
        Check(arrivals, policy, head);
        var keyer = new DecisionKeyer(policy.MaxAge, policy.MaxAhead);
        var rule = policy.Rule;
        var windows = new WindowRun(policy.N, head);
        windows.Take(arrivals.All, arrival =>
        {
            var reason = keyer.TryKey(arrival.Timestamp, arrival.View, null, arrival.ReceivedAt, rule, out var decision, arrival.Tick);
            return reason == RejectReason.None ? (decision, arrival.ReceivedAt + policy.T, policy.K) : null;
        });
        return windows.Result;
    }

    /// <summary>K of N, with K and T as a scene adapts them to the windows that have gone.</summary>
    /// <param name="arrivals">Of one scene.</param>
    /// <param name="policy">N, W and linger; its K and T are not used.</param>
    /// <param name="rule">How K and T adapt.</param>
    /// <param name="head">Gate and head of the vectors' length.</param>
    /// <exception cref="ArgumentException">As <see cref="KOfN"/>.</exception>
    public static ReplayedWindows Adaptive(Arrivals arrivals, ReplayPolicy policy, AdaptationRule rule, FusionHead head)
    {
        ArgumentNullException.ThrowIfNull(policy);
        policy = policy with { K = rule.K, T = rule.T };
        Check(arrivals, policy, head);
        var keyer = new DecisionKeyer(policy.MaxAge, policy.MaxAhead);
        var adapted = new AdaptedWindows(rule, policy.Linger);
        var windows = new WindowRun(policy.N, head);
        windows.Take(arrivals.All, arrival =>
        {
            adapted.Advance(arrival.ReceivedAt);
            var (k, t) = (adapted.K, adapted.T);
            var keying = policy.Rule with { K = k, T = t, Linger = adapted.Stay - t };
            var reason = keyer.TryKey(
                arrival.Timestamp, arrival.View, null, arrival.ReceivedAt, keying, out var decision, arrival.Tick);
            if (reason != RejectReason.None) return null;
            adapted.Note(decision, arrival.View, arrival.ReceivedAt);
            return (decision, arrival.ReceivedAt + t, k);
        });
        return windows.Result;
    }

    /// <summary>Wait for all: fires when all N views are in, or so long after the first.</summary>
    /// <param name="arrivals">Of one scene.</param>
    /// <param name="policy">N and W; its K and T are not used.</param>
    /// <param name="head">Gate and head of the vectors' length.</param>
    /// <param name="giveUp">When it gives up, seconds after the first.</param>
    /// <exception cref="ArgumentException">As <see cref="KOfN"/>.</exception>
    public static ReplayedWindows WaitForAll(Arrivals arrivals, ReplayPolicy policy, FusionHead head, double giveUp = GiveUp)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return KOfN(arrivals, policy with { K = policy.N, T = giveUp }, head);
    }

    /// <summary>
    /// Fixed delay: a moment's decision is made a fixed time after the moment (its number · W), of what has come before; a moment of which
    /// nothing has come has no decision. The cause is always T.
    /// </summary>
    /// <param name="arrivals">Of one scene.</param>
    /// <param name="policy">N, W and how far ahead captures may lie; its K and T are not used.</param>
    /// <param name="head">Gate and head of the vectors' length.</param>
    /// <param name="delay">D, seconds, above 0.</param>
    /// <exception cref="ArgumentException">As <see cref="KOfN"/>, or a delay out of range.</exception>
    public static ReplayedWindows DelayBuffer(Arrivals arrivals, ReplayPolicy policy, FusionHead head, double delay)
    {
        Check(arrivals, policy, head);
        if (!(delay > 0 && double.IsFinite(delay))) throw new ArgumentOutOfRangeException(nameof(delay), delay, "Allowed is above 0 s.");
        var windows = new WindowRun(policy.N, head);
        windows.Take(arrivals.All, arrival =>
        {
            var time = arrival.Tick ?? arrival.Timestamp;
            if (time > arrival.ReceivedAt + policy.MaxAhead) return null;
            var moment = (long)Math.Round(time / policy.W, MidpointRounding.AwayFromZero);
            return (moment, (moment * policy.W) + delay, int.MaxValue);
        });
        return windows.Result;
    }

    private static void Check(Arrivals arrivals, ReplayPolicy policy, FusionHead head)
    {
        ArgumentNullException.ThrowIfNull(arrivals);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(head);
        policy.Check();
        if (arrivals.All.Select(arrival => arrival.Scene).Distinct().Skip(1).Any())
            throw new ArgumentException("Arrivals of several scenes: take those of one.", nameof(arrivals));
        if (arrivals.All.FirstOrDefault(arrival => arrival.Vector.Length != head.Dimension) is { } other)
        {
            throw new ArgumentException(
                $"A vector of length {other.Vector.Length} of view {other.View} for a head of {head.Dimension}.", nameof(arrivals));
        }
    }
}
