using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Windows;

/// <summary>
/// What comes of cameras' tokens over links, in virtual time, with what the cameras send besides. Datagrams are written and read by the
/// wire's own codec; of a token whatever comes first counts.
/// </summary>
/// <param name="Arrivals">Tokens, each once.</param>
/// <param name="Tokens">Tokens captured.</param>
/// <param name="Packets">Datagrams sent.</param>
/// <param name="WireBytes">Bytes of these, with IPv4, UDP and Ethernet headers.</param>
/// <param name="FirstLost">Tokens whose first sending was lost.</param>
/// <param name="Saved">Of these, tokens that came all the same.</param>
public sealed record RedundantTrace(Arrivals Arrivals, int Tokens, long Packets, long WireBytes, int FirstLost, int Saved)
{
    // A time as clocks show, so that numbers are as exact as they are there.
    private const double Began = 1_800_000_000;
    private const int FrameBytes = 46;

    /// <summary>Sends moments, one a period, over the links.</summary>
    /// <param name="scene">The moments, again and again.</param>
    /// <param name="moments">How many are sent.</param>
    /// <param name="rate">Moments a second.</param>
    /// <param name="redundancy">What every camera sends besides.</param>
    /// <param name="profile">The links, one a view.</param>
    /// <param name="seed">The links' seed: the same, the same fades, whatever is sent.</param>
    public static RedundantTrace Send(
        IReadOnlyList<SceneMoment> scene, int moments, double rate, TokenRedundancy redundancy, Profile profile, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentNullException.ThrowIfNull(redundancy);
        ArgumentNullException.ThrowIfNull(profile);
        var arrivals = new List<Arrival>();
        var (views, packets, bytes, firstLost, saved) = (scene[0].Tokens.Count, 0L, 0L, 0, 0);
        for (var view = 0; view < views; view++)
        {
            var link = new LinkImpairment(profile.ForLink(view), seed, view);
            var (first, came) = (new bool[moments], new double[moments]);
            Array.Fill(came, double.PositiveInfinity);
            foreach (var sent in Sent(scene, moments, rate, redundancy, view))
            {
                packets++;
                bytes += sent.Datagram.Length + FrameBytes;
                var fate = link.Next(sent.At, sent.Datagram.Length);
                if (fate.Kind != FateKind.Sent) continue;
                if (PacketCodec.TryParse(sent.Datagram, out var packet) is not RejectReason.None and var reason)
                    throw new InvalidOperationException($"A datagram of the sender's is refused: {reason}.");
                var at = Began + (sent.At + fate.Delay).TotalSeconds;
                first[packet.Sequence!.Value] |= !packet.IsCopy;
                Come(packet.Sequence.Value, at);
                var earlier = new EarlierTokens(packet);
                while (earlier.TryNext(out var token)) Come(token.Sequence!.Value, at);
            }

            firstLost += first.Count(arrived => !arrived);
            for (var moment = 0; moment < moments; moment++)
            {
                if (double.IsInfinity(came[moment])) continue;
                if (!first[moment]) saved++;
                var of = scene[moment % scene.Count];
                arrivals.Add(new Arrival(
                    "", view, moment, Began + (moment / rate), came[moment], of.Label, of.Bytes, of.Tokens[view]));
            }

            void Come(long sequence, double at) => came[sequence] = Math.Min(came[sequence], at);
        }

        return new RedundantTrace(new Arrivals(arrivals), moments * views, packets, bytes, firstLost, saved);
    }

    // In order of time.
    private static IEnumerable<(TimeSpan At, byte[] Datagram)> Sent(
        IReadOnlyList<SceneMoment> scene, int moments, double rate, TokenRedundancy redundancy, int view)
    {
        var history = redundancy.Kind == RedundancyKind.Red ? new TokenHistory(redundancy.Tokens) : null;
        var copies = new Queue<(TimeSpan At, byte[] Datagram)>();
        for (var moment = 0; moment < moments; moment++)
        {
            var at = TimeSpan.FromSeconds(moment / rate);
            while (copies.TryPeek(out var due) && due.At <= at) yield return copies.Dequeue();
            yield return (at, Write(scene[moment % scene.Count], moment, rate, view, isCopy: false, history));
            if (redundancy.Kind != RedundancyKind.Duplicate) continue;
            copies.Enqueue((
                at + TimeSpan.FromMilliseconds(redundancy.Delay),
                Write(scene[moment % scene.Count], moment, rate, view, isCopy: true, null)));
        }

        foreach (var copy in copies) yield return copy;
    }

    private static byte[] Write(SceneMoment moment, int number, double rate, int view, bool isCopy, TokenHistory? history)
    {
        Span<byte> datagram = stackalloc byte[TokenPacket.MaxDatagramBytes];
        Span<sbyte> values = stackalloc sbyte[moment.Tokens[view].Length];
        var seed = (uint)((number * 0x9E3779B9L) ^ view); // of the size of those that cameras send
        var scale = TokenCodec.Encode(moment.Tokens[view].Span, TokenEncoding.HMix, seed, values);
        var packet = Packet(values, default);
        var length = PacketCodec.Write(packet, datagram);
        if (history is not null)
        {
            if (history.Before(packet, length) is { IsEmpty: false } earlier)
                length = PacketCodec.Write(Packet(values, earlier), datagram);
            history.Add(packet);
        }

        return datagram[..length].ToArray();

        TokenPacket Packet(ReadOnlySpan<sbyte> q, ReadOnlySpan<byte> earlier) => new()
        {
            Timestamp = Began + (number / rate),
            View = view,
            Encoding = TokenEncoding.HMix,
            Seed = seed,
            Scale = scale,
            Values = q,
            Label = moment.Label,
            DecisionId = (long)(Began * rate) + number,
            Sequence = number,
            IsCopy = isCopy,
            Earlier = earlier,
        };
    }
}
