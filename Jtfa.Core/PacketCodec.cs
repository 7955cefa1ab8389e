using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// Version 1 of the wire (docs/wire.md): one datagram is one msgpack map, the one that the published JTFA scripts send. Keys come in any
/// order and a key's last value wins; unknown keys are passed over; any msgpack width of a number will do. What other libraries and
/// languages write for the same values is taken, too: a float without a fraction for an int, str for bin, an array of ints for
/// <c>q</c>, nil for a key that may be missing, a timestamp extension for <c>ts</c> and <c>tick</c>.
/// </summary>
public static class PacketCodec
{
    private const int PublishedKeys = 7;

    /// <summary>
    /// Parses a datagram. Never throws, whatever the datagram holds, and allocates only where its <c>q</c> is an array that
    /// <paramref name="unpacked"/> has no room for.
    /// </summary>
    /// <param name="datagram">The UDP payload; the packet's spans point into it. It stays as it is, since a tag is over its bytes.</param>
    /// <param name="unpacked">Takes the values of a <c>q</c> that is an array, at most <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <param name="packet">The packet, when the result is <see cref="RejectReason.None"/>.</param>
    /// <returns>Why the datagram is rejected, or <see cref="RejectReason.None"/>; <see cref="PacketFault"/> says it in words.</returns>
    public static RejectReason TryParse(ReadOnlySpan<byte> datagram, Span<sbyte> unpacked, out TokenPacket packet)
    {
        packet = default;
        if (datagram.IsEmpty) return RejectReason.Truncated;
        if (datagram.Length > TokenPacket.MaxDatagramBytes) return RejectReason.Oversize;

        var reader = new MsgPackReader(datagram);
        if (!reader.NextIsMap) return RejectReason.NotMsgPack;
        var fields = new PacketFields(unpacked);
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--)
            ReadValue(reader.ReadKey(), ref reader, ref fields);
        if (reader.Fault != RejectReason.None) return reader.Fault;
        if (!reader.AtEnd) return RejectReason.NotMsgPack;

        if (fields.IsTagged && !EndsWithTag(datagram, fields)) return RejectReason.WrongType;
        var reason = fields.Check();
        if (reason == RejectReason.None) packet = fields.ToPacket();
        return reason;
    }

    /// <summary>The same for callers who parse few: it allocates where <c>q</c> is an array.</summary>
    public static RejectReason TryParse(ReadOnlySpan<byte> datagram, out TokenPacket packet) => TryParse(datagram, [], out packet);

    /// <summary>
    /// Writes a packet: the published keys in the published order and widths, then those of <c>scene</c>, <c>did</c>, <c>seq</c>,
    /// <c>qual</c>, <c>tick</c>, <c>model</c>, <c>hold</c>, <c>copy</c> and <c>red</c> that are set (<c>qual</c>: other than 1). Where
    /// there is an epoch, <c>tag</c> comes last, for <see cref="TokenKey.Sign"/> to complete.
    /// </summary>
    /// <param name="packet">Values of 1 … <see cref="TokenPacket.MaxDimension"/>, a scene of at most
    /// <see cref="TokenPacket.MaxSceneBytes"/> and a model of at most <see cref="TokenPacket.MaxModelBytes"/> bytes; the rest is written
    /// as it is.</param>
    /// <param name="destination">
    /// Takes the datagram; <see cref="TokenPacket.MaxDatagramBytes"/> always suffice for a packet without <c>red</c>.
    /// </param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too small, or a length is outside its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The encoding is unknown.</exception>
    public static int Write(in TokenPacket packet, Span<byte> destination)
    {
        if (packet.Values.Length is < 1 or > TokenPacket.MaxDimension)
            throw new ArgumentException($"{packet.Values.Length} values: allowed is 1 … {TokenPacket.MaxDimension}.", nameof(packet));
        if (packet.Scene.Length > TokenPacket.MaxSceneBytes)
            throw new ArgumentException($"{packet.Scene.Length} scene bytes: allowed is 0 … {TokenPacket.MaxSceneBytes}.", nameof(packet));
        if (packet.Model.Length > TokenPacket.MaxModelBytes)
        {
            throw new ArgumentException(
                $"{packet.Model.Length} model bytes: allowed is 0 … {TokenPacket.MaxModelBytes}.", nameof(packet));
        }

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

    /// <summary>Whether a packet's tag ends its datagram: it is of all that comes before it.</summary>
    internal static bool EndsWithTag(ReadOnlySpan<byte> datagram, in PacketFields fields) => fields.Tag.Length == TokenKey.TagBytes
        && datagram.Overlaps(fields.Tag, out var at) && at == datagram.Length - TokenKey.TagBytes;

    /// <summary>Reads the value of a key.</summary>
    internal static void ReadValue(ReadOnlySpan<byte> key, ref MsgPackReader reader, ref PacketFields fields)
    {
        if (key.SequenceEqual("ts"u8)) fields.SetTimestamp(reader.ReadTime());
        else if (key.SequenceEqual("producer_id"u8)) fields.SetView((int)reader.ReadInteger(0, int.MaxValue));
        else if (key.SequenceEqual("d"u8)) fields.Dimension = reader.ReadIntegerOrNil();
        else if (key.SequenceEqual("meta"u8)) ReadMeta(ref reader, ref fields);
        else if (key.SequenceEqual("q"u8)) ReadValues(ref reader, ref fields);
        else if (key.SequenceEqual("label"u8))
            fields.Label = reader.TryReadNil() ? TokenPacket.UnknownLabel : (int)reader.ReadInteger(int.MinValue, int.MaxValue);
        else if (key.SequenceEqual("scene"u8)) fields.Scene = reader.TryReadNil() ? default : reader.ReadBytes();
        else if (key.SequenceEqual("did"u8)) fields.DecisionId = reader.ReadIntegerOrNil();
        else if (key.SequenceEqual("seq"u8)) fields.Sequence = reader.ReadIntegerOrNil();
        else if (key.SequenceEqual("qual"u8)) fields.Quality = reader.TryReadNil() ? 1 : reader.ReadNumber();
        else if (key.SequenceEqual("tick"u8)) fields.Tick = reader.TryReadNil() ? null : reader.ReadTime();
        else if (key.SequenceEqual("model"u8)) fields.Model = reader.TryReadNil() ? default : reader.ReadBytes();
        else if (key.SequenceEqual("hold"u8)) fields.Hold = reader.TryReadNil() ? null : reader.ReadNumber();
        else if (key.SequenceEqual("copy"u8)) fields.IsCopy = !reader.TryReadNil() && reader.ReadInteger(0, 1) == 1;
        else if (key.SequenceEqual("red"u8)) fields.Earlier = reader.TryReadNil() ? default : reader.ReadRaw();
        else if (key.SequenceEqual("tag"u8)) ReadTag(ref reader, ref fields);
        else reader.Skip(); // "mode" too: meta.enc decides
    }

    /// <summary>Reads the value of a key within <c>meta</c>.</summary>
    internal static void ReadMetaValue(ReadOnlySpan<byte> key, ref MsgPackReader reader, ref PacketFields fields)
    {
        if (key.SequenceEqual("enc"u8)) fields.SetEncoding(reader.ReadBytes());
        else if (key.SequenceEqual("seed"u8)) ReadSeed(ref reader, ref fields);
        else if (key.SequenceEqual("scale"u8)) fields.SetScale(reader.ReadNumber());
        else if (key.SequenceEqual("d"u8)) fields.MetaDimension = reader.ReadIntegerOrNil();
        else if (key.SequenceEqual("n2"u8)) fields.MetaN2 = reader.ReadIntegerOrNil();
        else reader.Skip();
    }

    private static void ReadMeta(ref MsgPackReader reader, ref PacketFields fields)
    {
        fields.ClearMeta();
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--)
            ReadMetaValue(reader.ReadKey(), ref reader, ref fields);
    }

    // plain needs no seed.
    private static void ReadSeed(ref MsgPackReader reader, ref PacketFields fields)
    {
        if (reader.TryReadNil()) fields.ClearSeed();
        else fields.SetSeed((uint)reader.ReadInteger(0, uint.MaxValue));
    }

    private static void ReadTag(ref MsgPackReader reader, ref PacketFields fields)
    {
        if (reader.TryReadNil()) fields.ClearTag();
        else fields.SetTag(reader.ReadBytes());
    }

    private static void ReadValues(ref MsgPackReader reader, ref PacketFields fields)
    {
        if (!reader.NextIsArray)
        {
            fields.SetValues(MemoryMarshal.Cast<byte, sbyte>(reader.ReadBytes()));
            return;
        }

        var count = reader.ReadArray();
        if (count > TokenPacket.MaxDimension) reader.Fail(RejectReason.DimensionMismatch);
        if (reader.Fault != RejectReason.None) return;
        var values = fields.Unpack(count);
        for (var i = 0; i < count; i++) values[i] = (sbyte)reader.ReadInteger(sbyte.MinValue, sbyte.MaxValue);
        fields.SetValues(values);
    }

    private static void WritePublished(ref MsgPackWriter writer, in TokenPacket packet)
    {
        var d = packet.Values.Length;
        var optional = (packet.Scene.IsEmpty ? 0 : 1) + (packet.DecisionId is null ? 0 : 1)
            + (packet.Sequence is null ? 0 : 1) + (packet.Quality == 1 ? 0 : 1) + (packet.Tick is null ? 0 : 1)
            + (packet.Model.IsEmpty ? 0 : 1) + (packet.IsCopy ? 1 : 0) + (packet.Earlier.IsEmpty ? 0 : 1)
            + (packet.Hold is null ? 0 : 1) + (packet.Epoch is null ? 0 : 1);
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
        if (packet.Tick is { } tick)
        {
            writer.WriteString("tick"u8);
            writer.WriteDouble(tick);
        }
        if (!packet.Model.IsEmpty)
        {
            writer.WriteString("model"u8);
            writer.WriteString(packet.Model);
        }
        if (packet.Hold is { } hold)
        {
            writer.WriteString("hold"u8);
            writer.WriteSingle(hold);
        }
        if (packet.IsCopy)
        {
            writer.WriteString("copy"u8);
            writer.WriteInteger(1);
        }
        if (!packet.Earlier.IsEmpty)
        {
            writer.WriteString("red"u8);
            writer.WriteRaw(packet.Earlier);
        }
        if (packet.Epoch is { } epoch) WriteTag(ref writer, epoch);
    }
}
