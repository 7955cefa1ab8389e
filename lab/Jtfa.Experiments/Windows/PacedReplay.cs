using Jtfa.Core;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Windows;

/// <summary>
/// A scene whose cameras send every token, or those that have moved, in virtual time: datagrams go over links to a gateway's keyer and held
/// tokens and a lane's windows. What is in force at a moment is the newest decision that was made before the next moment.
/// </summary>
/// <param name="Packets">Datagrams sent.</param>
/// <param name="Correct">By moment, whether the decision in force was right.</param>
/// <param name="Decisions">Decisions made.</param>
/// <param name="MeanAge">How old the tokens of a decision were when it was made, held ones included, mean, seconds.</param>
/// <param name="Latencies">Of each decision: fire time − capture time, mean over the tokens of its moment, seconds.</param>
public sealed record PacedReplay(
    long Packets, IReadOnlyList<bool> Correct, int Decisions, double MeanAge, IReadOnlyList<double> Latencies)
{
    // A time as clocks show, so that numbers are as exact as they are there.
    private const double Began = 1_800_000_000;
    private const double Linger = 0.25;

    /// <summary>Runs a scene.</summary>
    /// <param name="scene">Its moments, one a period.</param>
    /// <param name="rate">Moments a second.</param>
    /// <param name="every">Of how many moments one is captured.</param>
    /// <param name="delta">By how much a token must have moved; null: all are sent.</param>
    /// <param name="maxAge">For how long one stands, seconds.</param>
    /// <param name="policy">K, N, T, W.</param>
    /// <param name="profile">The links, one a view.</param>
    /// <param name="seed">The links' seed.</param>
    /// <param name="head">Gate and head.</param>
    public static PacedReplay Run(
        IReadOnlyList<SceneMoment> scene, double rate, int every, double? delta, double maxAge, ReplayPolicy policy, Profile profile,
        ulong seed, FusionHead head)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(head);
        var packets = Sent(scene, rate, every, delta, maxAge, profile, seed).OrderBy(packet => packet.At).ToList();
        var gateway = new Gateway(policy, head);
        foreach (var (at, datagram) in packets)
            if (datagram is not null) gateway.Take(datagram, at);
        gateway.End(Began + (scene.Count / rate) + 10);
        return new PacedReplay(
            packets.Count, gateway.InForce(scene, rate), gateway.Made.Count, gateway.Made.Average(made => made.Age),
            [.. gateway.Made.Select(made => made.Latency)]);
    }

    // In any order; a datagram that is lost is null.
    private static IEnumerable<(double At, byte[]? Datagram)> Sent(
        IReadOnlyList<SceneMoment> scene, double rate, int every, double? delta, double maxAge, Profile profile, ulong seed)
    {
        for (var view = 0; view < scene[0].Tokens.Count; view++)
        {
            var link = new LinkImpairment(profile.ForLink(view), seed, view);
            var pace = delta is { } least ? new TokenPace(rate / every, least, maxAge) : null;
            var sequence = 0L;
            for (var moment = 0; moment < scene.Count; moment += every)
            {
                var time = moment / rate;
                if (pace is not null && !TryPace(pace, scene[moment].Tokens[view].Span, time)) continue;
                var datagram = Write(scene[moment], view, Began + time, sequence++, pace is null ? null : (float)maxAge);
                var fate = link.Next(TimeSpan.FromSeconds(time), datagram.Length);
                yield return (Began + time + fate.Delay.TotalSeconds, fate.Kind == FateKind.Sent ? datagram : null);
            }
        }
    }

    private static bool TryPace(TokenPace pace, ReadOnlySpan<float> token, double time)
    {
        if (!pace.IsDue(token, time)) return false;
        pace.NoteSent(token, time);
        return true;
    }

    private static byte[] Write(SceneMoment moment, int view, double capturedAt, long sequence, float? hold)
    {
        Span<byte> datagram = stackalloc byte[TokenPacket.MaxDatagramBytes];
        Span<sbyte> values = stackalloc sbyte[moment.Tokens[view].Length];
        var scale = TokenCodec.Encode(moment.Tokens[view].Span, TokenEncoding.Plain, 0, values);
        var length = PacketCodec.Write(
            new TokenPacket
            {
                Timestamp = capturedAt,
                View = view,
                Encoding = TokenEncoding.Plain,
                Scale = scale,
                Values = values,
                Label = moment.Label,
                Sequence = sequence,
                Hold = hold,
            },
            datagram);
        return datagram[..length].ToArray();
    }

    // As a silo's gateway and lane do, without its own delays.
    private sealed class Gateway(ReplayPolicy policy, FusionHead head)
    {
        private readonly DecisionKeyer _keyer = new();
        private readonly HeldTokens _held = new();
        private readonly WindowLane _lane = new(head.Dimension);
        private readonly WindowRule _rule = new(policy.K, policy.N, policy.T, Linger, head.Beta);
        private readonly KeyingRule _keying = policy.Rule;

        public List<(long Id, double At, int Pred, double Age, double Latency)> Made { get; } = [];

        public void Take(byte[] datagram, double now)
        {
            End(now);
            if (PacketCodec.TryParse(datagram, out var packet) is not RejectReason.None and var reason)
                throw new InvalidOperationException($"A datagram of the sender's is refused: {reason}.");
            if (_keyer.TryKey(packet.Timestamp, packet.View, null, now, _keying, out var decision) != RejectReason.None) return;
            var held = _keyer.HasOpened ? _held.At(packet.Moment, packet.View) : [];
            _held.Take(packet, now);
            _lane.Add(TokenHeader.Of(packet, now) with { Decision = decision }, packet.Values, _rule, now);
            foreach (var token in held) _lane.Add(token.Header with { Decision = decision }, token.Values.Span, _rule, now);
            while (_lane.TryTakeComplete(out var window)) Fire(window, FireCause.K, now);
        }

        public void End(double now)
        {
            while (_lane.TryTakeDue(now, out var window))
            {
                if (window.HasGone) _lane.Release(window);
                else Fire(window, FireCause.T, window.OpenedAt + _rule.T);
            }
        }

        // The newest decision of a moment not later than this that was made before the next moment.
        public bool[] InForce(IReadOnlyList<SceneMoment> scene, double rate)
        {
            var (correct, made) = (new bool[scene.Count], Made.OrderBy(one => one.At).ToList());
            var (next, newest) = (0, (Id: long.MinValue, Pred: -1));
            for (var moment = 0; moment < scene.Count; moment++)
            {
                for (; next < made.Count && made[next].At < Began + ((moment + 1) / rate); next++)
                    if (made[next].Id >= newest.Id) newest = (made[next].Id, made[next].Pred);
                correct[moment] = newest.Pred == scene[moment].Label;
            }

            return correct;
        }

        private void Fire(LaneWindow window, FireCause cause, double now)
        {
            var fired = window.Tokens.Fire(cause, now, head, head.Beta);
            var age = 0.0;
            var block = new TokenBlock(window.Tokens.Fused);
            for (var i = 0; i < block.Count; i++) age += (now - block.Header(i).Timestamp) / block.Count;
            Made.Add((window.Decision, now, fired.Pred, age, fired.LatMean));
        }
    }
}
