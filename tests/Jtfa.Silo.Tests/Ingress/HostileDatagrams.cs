using System.Text;
using Jtfa.Core;
using Jtfa.Testing.MsgPack;
using MessagePack;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>
/// Makes datagrams that a gateway must refuse, and says for which reason: valid tokens spoiled in one known way, random bytes, and
/// mutations of valid tokens. For the last two <see cref="PacketCodec"/> and the scenes' rules are asked before anything is sent.
/// </summary>
internal sealed class HostileDatagrams(Random random, string scene, IReadOnlySet<int> views, double maxAge, double maxAhead)
{
    private static readonly RejectReason[] s_known =
    [
        RejectReason.Truncated, RejectReason.NotMsgPack, RejectReason.MissingKey, RejectReason.WrongType, RejectReason.UnknownEncoding,
        RejectReason.DimensionMismatch, RejectReason.NonFinite, RejectReason.Oversize, RejectReason.Future, RejectReason.Stale,
        RejectReason.UnknownScene, RejectReason.UnknownView, RejectReason.NoDecisionId,
    ];

    private static readonly string[] s_required = ["ts", "producer_id", "q", "meta", "meta.enc", "meta.scale"];
    private static readonly string[] s_numbers = ["ts", "tick", "meta.scale", "qual"];
    private static readonly string[] s_integers = ["producer_id", "d", "label", "did", "seq", "meta.seed", "meta.d", "meta.n2"];
    private static readonly double[] s_notFinite = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    private static readonly byte[] s_noNumber =
    [
        MessagePackCode.False, MessagePackCode.True, MessagePackCode.MinFixArray, MessagePackCode.MinFixMap,
    ];

    private readonly PacketDraft _draft = new(random);
    private readonly MsgPackScribe _other = new(random);

    /// <summary>Makes the next datagram.</summary>
    /// <returns>The reason for which it is to be refused.</returns>
    public RejectReason Next(MsgPackScribe datagram, double now) => random.Next(20) switch
    {
        < 12 => Spoil(datagram, OneOf(s_known), now),
        < 14 => RandomBytes(datagram),
        _ => Mutate(datagram, now),
    };

    /// <summary>Writes a valid token, of either version of the wire.</summary>
    public void Valid(MsgPackScribe datagram, double now, long decision, int view, int label)
    {
        if (random.Next(2) == 0)
        {
            ValidArray(datagram, now, decision, view, label);
            return;
        }

        _draft.Valid(now, decision, view, label, random.Next(2) == 0 ? scene : "");
        _draft.WriteTo(datagram);
    }

    private void ValidArray(MsgPackScribe datagram, double now, long decision, int view, int label)
    {
        var (encoding, quantiser, sequence) = ((TokenEncoding)random.Next(3), (TokenQuantiser)random.Next(3), random.NextInt64(1L << 32));
        var (values, seed) = (new sbyte[AxisHead.Dimension], ArrayPacketCodec.SeedOf(view, sequence));
        var packet = new TokenPacket
        {
            Timestamp = now,
            View = view,
            Sequence = sequence,
            Encoding = encoding,
            Quantiser = quantiser,
            Seed = seed,
            Scale = AxisHead.Encode(label, encoding, seed, values, quantiser),
            Values = values,
            Label = label,
            DecisionId = decision,
            Scene = random.Next(2) == 0 ? Encoding.UTF8.GetBytes(scene) : default,
            Tick = random.Next(4) == 0 ? now - random.NextDouble() : null,
        };
        datagram.Length = TokenPacket.MaxDatagramBytes;
        datagram.Length = ArrayPacketCodec.Write(packet, datagram.Written);
    }

    private RejectReason Spoil(MsgPackScribe datagram, RejectReason reason, double now)
    {
        _draft.Valid(now, random.NextInt64(), random.Next(4), random.Next(AxisHead.Classes), random.Next(2) == 0 ? scene : "");
        SpoilDraft(reason, now);
        _draft.WriteTo(datagram);
        if (reason == RejectReason.Truncated) datagram.Length = random.Next(datagram.Length);
        else if (reason == RejectReason.NotMsgPack) NoMap(datagram);
        return reason;
    }

    private void SpoilDraft(RejectReason reason, double now)
    {
        switch (reason)
        {
            case RejectReason.MissingKey: _draft.Remove(OneOf(s_required)); break;
            case RejectReason.WrongType: WrongType(); break;
            case RejectReason.UnknownEncoding: _draft.Set("meta.enc", MsgPackValue.Text(Letters("z", 40))); break;
            case RejectReason.DimensionMismatch: OtherDimension(); break;
            case RejectReason.NonFinite: NotFinite(); break;
            case RejectReason.Oversize: TooLong(); break;
            case RejectReason.Future: _draft.Set(ATime(), MsgPackValue.Double(now + maxAhead + 30 + (random.NextDouble() * 1e9))); break;
            case RejectReason.Stale: _draft.Set(ATime(), MsgPackValue.Double(now - maxAge - 1 - (random.NextDouble() * 1e9))); break;
            case RejectReason.UnknownScene: _draft.Set("scene", MsgPackValue.Text(Letters("attic", TokenPacket.MaxSceneBytes))); break;
            case RejectReason.UnknownView: UnknownView(); break;
            case RejectReason.NoDecisionId: _draft.Remove("did"); break;
        }
    }

    private string ATime() => random.Next(3) == 0 ? "tick" : "ts";

    private void UnknownView() => _draft.Set("producer_id", MsgPackValue.Integer(random.Next(views.Max() + 1, int.MaxValue)));

    private void TooLong()
    {
        var beyond = random.Next(random.Next(50) == 0 ? 60_000 : 2000); // seldom by much: the kernel's buffer is to hold them
        _draft.Set("pad", MsgPackValue.Binary(new byte[TokenPacket.MaxDatagramBytes + beyond]));
    }

    private void NoMap(MsgPackScribe datagram)
    {
        if (random.Next(2) == 0)
        {
            datagram.Append(Bytes(random.Next(1, 20)));
            return;
        }

        var first = (byte)random.Next(256);
        datagram.Written[0] = first is (>= 0x80 and <= 0x9f) or (>= 0xdc and <= 0xdf) ? (byte)0xc1 : first;
    }

    private void WrongType()
    {
        switch (random.Next(5))
        {
            case 0: _draft.Set(OneOf(s_integers), random.Next(2) == 0 ? NoNumber() : MsgPackValue.Double(3.5)); break;
            case 1: _draft.Set(OneOf(s_numbers), NoNumber()); break;
            case 2: _draft.Set(OneOf(s_required), MsgPackValue.Raw(MessagePackCode.Nil)); break;
            case 3: OutOfRange(); break;
            default: _draft.Set(random.Next(2) == 0 ? "meta.enc" : "scene", MsgPackValue.Integer(random.Next())); break;
        }
    }

    private void OutOfRange()
    {
        switch (random.Next(6))
        {
            case 0: _draft.Set("producer_id", MsgPackValue.Integer(-1 - random.Next())); break;
            case 1: _draft.Set("meta.seed", MsgPackValue.Integer((1L << 32) + random.Next())); break;
            case 2: _draft.Set("meta.scale", MsgPackValue.Double(-random.NextDouble())); break;
            case 3: _draft.Set("qual", MsgPackValue.Double(random.Next(2) == 0 ? 0 : 1.01 + random.NextDouble())); break;
            case 4: _draft.Set("scene", MsgPackValue.Text(Letters("a/b", 20))); break;
            default: _draft.Set("scene", MsgPackValue.Text([0xff, .. Letters("", 20)])); break;
        }
    }

    private void OtherDimension()
    {
        var other = random.Next(2) == 0 ? random.Next(1, AxisHead.Dimension) : random.Next(AxisHead.Dimension + 1, 300);
        switch (random.Next(3))
        {
            case 0: _draft.Set("d", MsgPackValue.Integer(other)); break;
            case 1: _draft.Set("meta.n2", MsgPackValue.Integer(other)); break;
            default: _draft.Set("q", MsgPackValue.Binary(Bytes(other))); break;
        }
    }

    private void NotFinite()
    {
        var value = OneOf(s_notFinite);
        _draft.Set(OneOf(s_numbers), random.Next(2) == 0 ? MsgPackValue.Double(value) : MsgPackValue.Single(value));
    }

    private RejectReason RandomBytes(MsgPackScribe datagram)
    {
        datagram.Length = random.Next(1, 200);
        random.NextBytes(datagram.Written);
        if (random.Next(2) == 0) datagram.Written[0] = (byte)(0x80 | random.Next(32)); // what is neither map nor array ends at once
        var reason = DatagramCodec.TryParse(datagram.Written, [], 0, out _);
        return reason == RejectReason.None ? Spoil(datagram, RejectReason.Truncated, 0) : reason;
    }

    private RejectReason Mutate(MsgPackScribe datagram, double now)
    {
        Valid(datagram, now, random.NextInt64(), random.Next(4), random.Next(AxisHead.Classes));
        for (var mutations = random.Next(1, 5); mutations > 0 && datagram.Length > 1; mutations--) MutateOnce(datagram, now);
        return ReasonOf(datagram.Written, now) ?? Spoil(datagram, RejectReason.NotMsgPack, now);
    }

    private void MutateOnce(MsgPackScribe datagram, double now)
    {
        var bytes = datagram.Written;
        var at = random.Next(bytes.Length);
        var length = Math.Min(random.Next(1, 32), bytes.Length - at);
        switch (random.Next(6))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes[at] = (byte)random.Next(0xc0, 0xe0); break; // the formats with lengths and types
            case 3: // bytes removed
                bytes[(at + length)..].CopyTo(bytes[at..]);
                datagram.Length -= length;
                break;
            case 4: // bytes twice
                byte[] tail = [.. bytes[at..]];
                datagram.Length = at + length;
                datagram.Append(tail);
                break;
            default: // the middle of another packet
                _draft.Valid(now, random.NextInt64(), random.Next(4), random.Next(AxisHead.Classes), "");
                _draft.WriteTo(_other);
                var from = random.Next(_other.Length);
                _other.Written.Slice(from, Math.Min(length, _other.Length - from)).CopyTo(bytes[at..]);
                break;
        }
    }

    // Null where it is a valid token, or so close to the limits of its age that the gateway's clock decides.
    private RejectReason? ReasonOf(ReadOnlySpan<byte> datagram, double now)
    {
        if (DatagramCodec.TryParse(datagram, [], now, out var packet) is not RejectReason.None and var reason) return reason;
        if (!packet.Scene.IsEmpty && !packet.Scene.SequenceEqual(Encoding.UTF8.GetBytes(scene))) return RejectReason.UnknownScene;
        if (packet.Scene.IsEmpty && packet.SceneIndex != 0) return RejectReason.UnknownScene;
        if (packet.Values.Length != AxisHead.Dimension) return RejectReason.DimensionMismatch;
        if (!views.Contains(packet.View)) return RejectReason.UnknownView;
        var (earliest, latest) = (Math.Min(packet.Timestamp, packet.Moment), Math.Max(packet.Timestamp, packet.Moment));
        if (packet.Version == 2 && (IsAtReach(packet.Timestamp, now) || IsAtReach(packet.Moment, now))) return null;
        if (latest > now + maxAhead + 30) return RejectReason.Future;
        if (earliest < now - maxAge && latest <= now) return RejectReason.Stale;
        var isFresh = latest <= now && earliest > now - (maxAge / 2);
        return isFresh && packet.DecisionId is null ? RejectReason.NoDecisionId : null;
    }

    // As far off as version 2 can tell: the moment of its receipt decides whether it lies behind or ahead.
    private static bool IsAtReach(double time, double now) => Math.Abs(time - now) > ArrayPacketCodec.TimeReach - 60;

    private MsgPackValue NoNumber() => random.Next(3) switch
    {
        0 => MsgPackValue.Text(Letters("3", 8)),
        1 => MsgPackValue.Binary(Bytes(4)),
        _ => MsgPackValue.Raw(OneOf(s_noNumber)),
    };

    private T OneOf<T>(T[] all) => all[random.Next(all.Length)];

    private byte[] Letters(string beginning, int atMost)
    {
        var text = new byte[random.Next(Math.Max(1, beginning.Length), atMost + 1)];
        for (var i = 0; i < text.Length; i++) text[i] = i < beginning.Length ? (byte)beginning[i] : (byte)random.Next('a', 'z' + 1);
        return text;
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
