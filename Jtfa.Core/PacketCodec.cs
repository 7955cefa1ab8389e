using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// Version 1 of the wire: one datagram is one msgpack map, the one that the published JTFA scripts send. Keys come in any order
/// and a key's last value wins; unknown keys are passed over; any msgpack width of a number will do.
/// </summary>
public static class PacketCodec
{
    private const int PublishedKeys = 7;

    /// <summary>Parses a datagram. Never throws and never allocates, whatever the datagram holds.</summary>
    /// <param name="datagram">The UDP payload; the packet's spans point into it.</param>
    /// <param name="packet">The packet, when the result is <see cref="RejectReason.None"/>.</param>
    /// <returns>Why the datagram is rejected, or <see cref="RejectReason.None"/>.</returns>
    public static RejectReason TryParse(ReadOnlySpan<byte> datagram, out TokenPacket packet)
    {
        packet = default;
        if (datagram.IsEmpty) return RejectReason.Truncated;
        if (datagram.Length > TokenPacket.MaxDatagramBytes) return RejectReason.Oversize;

        var reader = new MsgPackReader(datagram);
        if (!reader.NextIsMap) return RejectReason.NotMsgPack;
        var fields = new PacketFields();
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--) ReadEntry(ref reader, ref fields);
        if (reader.Fault != RejectReason.None) return reader.Fault;
        if (!reader.AtEnd) return RejectReason.NotMsgPack;

        // A tag is of all that comes before it, so it has to come last.
        if (fields.IsTagged && !(fields.Tag.Length == TokenKey.TagBytes && datagram.Overlaps(fields.Tag, out var at)
            && at == datagram.Length - TokenKey.TagBytes)) return RejectReason.WrongType;
        var reason = fields.Check();
        if (reason == RejectReason.None) packet = fields.ToPacket();
        return reason;
    }

    /// <summary>
    /// Writes a packet: the published keys in the published order and widths, then those of <c>scene</c>, <c>did</c>, <c>seq</c>
    /// and <c>qual</c> that are set (<c>qual</c>: other than 1). Where there is an epoch, <c>tag</c> comes last, for
    /// <see cref="TokenKey.Sign"/> to complete.
    /// </summary>
    /// <param name="packet">Values of 1 … <see cref="TokenPacket.MaxDimension"/> and a scene of at most
    /// <see cref="TokenPacket.MaxSceneBytes"/> bytes; the rest is written as it is.</param>
    /// <param name="destination">Takes the datagram; <see cref="TokenPacket.MaxDatagramBytes"/> always suffice.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too small, or a length is outside its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The encoding is unknown.</exception>
    public static int Write(in TokenPacket packet, Span<byte> destination)
    {
        if (packet.Values.Length is < 1 or > TokenPacket.MaxDimension)
            throw new ArgumentException($"{packet.Values.Length} values: allowed is 1 … {TokenPacket.MaxDimension}.", nameof(packet));
        if (packet.Scene.Length > TokenPacket.MaxSceneBytes)
            throw new ArgumentException($"{packet.Scene.Length} scene bytes: allowed is 0 … {TokenPacket.MaxSceneBytes}.", nameof(packet));

        var writer = new MsgPackWriter(destination);
        WritePublished(ref writer, packet);
        WriteOptional(ref writer, packet);
        return writer.Written;
    }

    /// <summary>Writes the tag's key and epoch, with room for what <see cref="TokenKey.Sign"/> adds.</summary>
    internal static void WriteTag(ref MsgPackWriter writer, uint epoch)
    {
        Span<byte> tag = stackalloc byte[TokenKey.TagBytes];
        tag.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(tag, epoch);
        writer.WriteString("tag"u8);
        writer.WriteBinary(tag);
    }

    private static void ReadEntry(ref MsgPackReader reader, ref PacketFields fields)
    {
        var key = reader.ReadKey();
        if (key.SequenceEqual("ts"u8)) fields.SetTimestamp(reader.ReadNumber());
        else if (key.SequenceEqual("producer_id"u8)) fields.SetView((int)reader.ReadInteger(0, int.MaxValue));
        else if (key.SequenceEqual("d"u8)) fields.Dimension = reader.ReadInteger();
        else if (key.SequenceEqual("meta"u8)) ReadMeta(ref reader, ref fields);
        else if (key.SequenceEqual("q"u8)) fields.SetValues(MemoryMarshal.Cast<byte, sbyte>(reader.ReadBinary()));
        else if (key.SequenceEqual("label"u8)) fields.Label = (int)reader.ReadInteger(int.MinValue, int.MaxValue);
        else if (key.SequenceEqual("scene"u8)) fields.Scene = reader.ReadString();
        else if (key.SequenceEqual("did"u8)) fields.DecisionId = reader.ReadInteger();
        else if (key.SequenceEqual("seq"u8)) fields.Sequence = reader.ReadInteger();
        else if (key.SequenceEqual("qual"u8)) fields.Quality = reader.ReadNumber();
        else if (key.SequenceEqual("tag"u8)) fields.SetTag(reader.ReadBinary());
        else reader.Skip(); // "mode" too: meta.enc decides
    }

    private static void ReadMeta(ref MsgPackReader reader, ref PacketFields fields)
    {
        fields.ClearMeta();
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--)
        {
            var key = reader.ReadKey();
            if (key.SequenceEqual("enc"u8)) fields.SetEncoding(reader.ReadString());
            else if (key.SequenceEqual("seed"u8)) fields.SetSeed((uint)reader.ReadInteger(0, uint.MaxValue));
            else if (key.SequenceEqual("scale"u8)) fields.SetScale(reader.ReadNumber());
            else if (key.SequenceEqual("d"u8)) fields.MetaDimension = reader.ReadInteger();
            else if (key.SequenceEqual("n2"u8)) fields.MetaN2 = reader.ReadInteger();
            else reader.Skip();
        }
    }

    private static void WritePublished(ref MsgPackWriter writer, in TokenPacket packet)
    {
        var d = packet.Values.Length;
        var optional = (packet.Scene.IsEmpty ? 0 : 1) + (packet.DecisionId is null ? 0 : 1)
            + (packet.Sequence is null ? 0 : 1) + (packet.Quality == 1 ? 0 : 1) + (packet.Epoch is null ? 0 : 1);
        var encoding = EncodingNames.Get(packet.Encoding);

        writer.WriteMap(PublishedKeys + optional);
        writer.WriteString("ts"u8);
        writer.WriteDouble(packet.Timestamp);
        writer.WriteString("producer_id"u8);
        writer.WriteInteger(packet.View);
        writer.WriteString("mode"u8);
        writer.WriteString(encoding);
        writer.WriteString("d"u8);
        writer.WriteInteger(d);
        writer.WriteString("meta"u8);
        WriteMeta(ref writer, packet, encoding);
        writer.WriteString("q"u8);
        writer.WriteBinary(MemoryMarshal.AsBytes(packet.Values));
        writer.WriteString("label"u8);
        writer.WriteInteger(packet.Label);
    }

    private static void WriteMeta(ref MsgPackWriter writer, in TokenPacket packet, ReadOnlySpan<byte> encoding)
    {
        writer.WriteMap(packet.Encoding switch { TokenEncoding.Plain => 3, TokenEncoding.PsMix => 4, _ => 5 });
        writer.WriteString("enc"u8);
        writer.WriteString(encoding);
        writer.WriteString("seed"u8);
        writer.WriteInteger(packet.Seed);
        writer.WriteString("scale"u8);
        writer.WriteDouble(packet.Scale);
        if (packet.Encoding == TokenEncoding.Plain) return;
        writer.WriteString("d"u8);
        writer.WriteInteger(packet.Values.Length);
        if (packet.Encoding == TokenEncoding.PsMix) return;
        writer.WriteString("n2"u8);
        writer.WriteInteger(BitOperations.RoundUpToPowerOf2((uint)packet.Values.Length));
    }

    private static void WriteOptional(ref MsgPackWriter writer, in TokenPacket packet)
    {
        if (!packet.Scene.IsEmpty)
        {
            writer.WriteString("scene"u8);
            writer.WriteString(packet.Scene);
        }
        if (packet.DecisionId is { } decisionId)
        {
            writer.WriteString("did"u8);
            writer.WriteInteger(decisionId);
        }
        if (packet.Sequence is { } sequence)
        {
            writer.WriteString("seq"u8);
            writer.WriteInteger(sequence);
        }
        if (packet.Quality != 1)
        {
            writer.WriteString("qual"u8);
            writer.WriteSingle(packet.Quality);
        }
        if (packet.Epoch is { } epoch) WriteTag(ref writer, epoch);
    }
}
