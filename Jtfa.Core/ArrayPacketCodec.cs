using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// Version 2 of the wire (docs/wire.md): one datagram is one msgpack array,
/// <c>[2, scene index, view, seq, time, encoding, scale, q]</c>, then a map of what may be missing, then the tag; of 16 numbers as int8
/// at most 40 bytes without these two. Any msgpack width of a number will do.
/// </summary>
public static class ArrayPacketCodec
{
    /// <summary>The largest number of a scene.</summary>
    public const int MaxSceneIndex = 65_535;

    /// <summary>How far from the gateway's time a time may lie, seconds: times are told modulo 2^32 µs.</summary>
    public const double TimeReach = (1L << 31) / MicrosecondsPerSecond;

    internal const int Version = 2;

    private const double MicrosecondsPerSecond = 1e6;
    private const int Elements = 8;

    /// <summary>Whether a datagram is none of version 1: an array comes first.</summary>
    public static bool IsArray(ReadOnlySpan<byte> datagram) => new MsgPackReader(datagram).NextIsArray;

    /// <summary>
    /// The seed of a token's encoding: view · 0x9e3779b9 + seq, mixed by the finaliser of MurmurHash3 (Appleby, fmix32), all modulo 2^32.
    /// </summary>
    public static uint SeedOf(int view, long sequence)
    {
        var h = ((uint)view * 0x9e3779b9u) + (uint)sequence;
        h = (h ^ (h >> 16)) * 0x85ebca6bu;
        h = (h ^ (h >> 13)) * 0xc2b2ae35u;
        return h ^ (h >> 16);
    }

    /// <summary>
    /// Parses a datagram. Never throws, whatever the datagram holds, and allocates only where its numbers are packed and
    /// <paramref name="unpacked"/> has no room for them.
    /// </summary>
    /// <param name="datagram">The UDP payload; the packet's spans point into it. It stays as it is, since a tag is over its bytes.</param>
    /// <param name="unpacked">Takes int4's and q3h's numbers, at most <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <param name="now">When it was received, seconds since 1970: its times are those nearest to it.</param>
    /// <param name="packet">The packet, when the result is <see cref="RejectReason.None"/>.</param>
    /// <returns>Why the datagram is rejected, or <see cref="RejectReason.None"/>; <see cref="PacketFault"/> says it in words.</returns>
    public static RejectReason TryParse(ReadOnlySpan<byte> datagram, Span<sbyte> unpacked, double now, out TokenPacket packet)
    {
        packet = default;
        if (datagram.IsEmpty) return RejectReason.Truncated;
        if (datagram.Length > TokenPacket.MaxDatagramBytes) return RejectReason.Oversize;
        var reader = new MsgPackReader(datagram);
        var fields = new ArrayPacketFields();
        Read(ref reader, ref fields);
        if (reader.Fault != RejectReason.None) return reader.Fault;
        if (!reader.AtEnd) return RejectReason.NotMsgPack;
        return fields.TryMake(unpacked, now, out packet);
    }

    /// <summary>
    /// Writes a packet. Its options are those of label, did, qual, tick, model and scene that are set (label: other than −1, qual: other
    /// than 1). Where there is an epoch the tag comes last, for <see cref="TokenKey.Sign"/> to complete.
    /// </summary>
    /// <param name="packet">
    /// With a sequence number 0 … 2^32 − 1, a scene index up to <see cref="MaxSceneIndex"/>, values within the quantiser's range, the seed
    /// that <see cref="SeedOf"/> gives (plain: any), and lengths as for version 1. Times go to the nearest microsecond, the scale to the
    /// nearest float32, with which it is decoded anyhow.
    /// </param>
    /// <param name="destination">Takes the datagram; <see cref="TokenPacket.MaxDatagramBytes"/> always suffice.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too small, or the packet is not such a one.</exception>
    public static int Write(in TokenPacket packet, Span<byte> destination)
    {
        Check(packet);
        var options = (packet.Label == TokenPacket.UnknownLabel ? 0 : 1) + (packet.DecisionId is null ? 0 : 1)
            + (packet.Quality == 1 ? 0 : 1) + (packet.Tick is null ? 0 : 1) + (packet.Model.IsEmpty ? 0 : 1)
            + (packet.Scene.IsEmpty ? 0 : 1);
        var writer = new MsgPackWriter(destination);
        writer.WriteArray(Elements + (options == 0 ? 0 : 1) + (packet.Epoch is null ? 0 : 1));
        writer.WriteInteger(Version);
        writer.WriteInteger(packet.SceneIndex);
        writer.WriteInteger(packet.View);
        writer.WriteInteger(packet.Sequence!.Value);
        writer.WriteInteger(MicrosecondsOf(packet.Timestamp));
        writer.WriteInteger(ArrayPacketFields.EncodingNumber(packet.Encoding, packet.Quantiser));
        writer.WriteSingle((float)packet.Scale);
        WriteValues(ref writer, packet);
        if (options > 0) WriteOptions(ref writer, packet, options);
        if (packet.Epoch is { } epoch) WriteTag(ref writer, epoch);
        return writer.Written;
    }

    /// <summary>Reads an array's elements as far as they are such as version 2 has.</summary>
    internal static void Read(ref MsgPackReader reader, ref ArrayPacketFields fields)
    {
        var elements = reader.ReadArray();
        if (reader.Fault == RejectReason.None && elements == 0) reader.Fail(RejectReason.NotMsgPack);
        if (reader.Fault != RejectReason.None) return;
        fields.Begin(ArrayElement.Version, reader);
        if (reader.ReadInteger() != Version) reader.Fail(RejectReason.NotMsgPack);
        if (elements < Elements) reader.Fail(RejectReason.MissingKey);
        if (elements > Elements + 2) reader.Fail(RejectReason.WrongType);
        fields.Begin(ArrayElement.Scene, reader);
        fields.SceneIndex = (int)reader.ReadInteger(0, MaxSceneIndex);
        fields.Begin(ArrayElement.View, reader);
        fields.View = (int)reader.ReadInteger(0, int.MaxValue);
        fields.Begin(ArrayElement.Sequence, reader);
        fields.Sequence = reader.ReadInteger(0, uint.MaxValue);
        fields.Begin(ArrayElement.Time, reader);
        fields.Time = (uint)reader.ReadInteger(0, uint.MaxValue);
        fields.Begin(ArrayElement.Encoding, reader);
        if (!fields.TrySetEncoding(reader.ReadInteger())) reader.Fail(RejectReason.UnknownEncoding);
        fields.Begin(ArrayElement.Scale, reader);
        fields.Scale = reader.ReadNumber();
        fields.Begin(ArrayElement.Values, reader);
        fields.Packed = reader.ReadBytes();
        var left = elements - Elements;
        if (left > 0 && reader.NextIsMap)
        {
            ReadOptions(ref reader, ref fields);
            left--;
        }

        if (left == 0) return;
        fields.Begin(ArrayElement.Tag, reader);
        fields.Tag = reader.ReadBytes();
        if (left > 1 || fields.Tag.Length != TokenKey.TagBytes) reader.Fail(RejectReason.WrongType);
    }

    private static void ReadOptions(ref MsgPackReader reader, ref ArrayPacketFields fields)
    {
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--)
        {
            fields.Begin(ArrayElement.OptionKey, reader);
            var key = reader.ReadInteger();
            if (reader.Fault != RejectReason.None) return;
            fields.Begin(ArrayPacketFields.OptionOf(key), reader);
            switch (fields.Element)
            {
                case ArrayElement.Label: fields.Label = (int)reader.ReadInteger(int.MinValue, int.MaxValue); break;
                case ArrayElement.DecisionId: fields.DecisionId = reader.ReadInteger(); break;
                case ArrayElement.Quality: fields.Quality = reader.ReadNumber(); break;
                case ArrayElement.Tick: fields.Tick = (uint)reader.ReadInteger(0, uint.MaxValue); break;
                case ArrayElement.Model: fields.Model = reader.ReadBytes(); break;
                case ArrayElement.SceneName: fields.Scene = reader.ReadBytes(); break;
                default: reader.Skip(); break;
            }
        }
    }

    private static void Check(in TokenPacket packet)
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

        if (packet.Sequence is not (>= 0 and <= uint.MaxValue))
            throw new ArgumentException($"Sequence number {packet.Sequence}: allowed is 0 … {uint.MaxValue}.", nameof(packet));
        if (packet.SceneIndex is < 0 or > MaxSceneIndex)
            throw new ArgumentException($"Scene index {packet.SceneIndex}: allowed is 0 … {MaxSceneIndex}.", nameof(packet));
        if (packet.Encoding != TokenEncoding.Plain && packet.Seed != SeedOf(packet.View, packet.Sequence.Value))
            throw new ArgumentException($"Seed {packet.Seed}: version 2 derives it from view and sequence number.", nameof(packet));
    }

    private static void WriteValues(ref MsgPackWriter writer, in TokenPacket packet)
    {
        if (packet.Quantiser == TokenQuantiser.Int8)
        {
            writer.WriteBinary(MemoryMarshal.AsBytes(packet.Values));
            return;
        }

        Span<byte> packed = stackalloc byte[PackedValues.Bytes(packet.Values.Length, packet.Quantiser)];
        PackedValues.Pack(packet.Values, packet.Quantiser, packed);
        writer.WriteBinary(packed);
    }

    private static void WriteOptions(ref MsgPackWriter writer, in TokenPacket packet, int options)
    {
        writer.WriteMap(options);
        if (packet.Label != TokenPacket.UnknownLabel)
        {
            writer.WriteInteger((int)ArrayElement.Label);
            writer.WriteInteger(packet.Label);
        }
        if (packet.DecisionId is { } decisionId)
        {
            writer.WriteInteger((int)ArrayElement.DecisionId);
            writer.WriteInteger(decisionId);
        }
        if (packet.Quality != 1)
        {
            writer.WriteInteger((int)ArrayElement.Quality);
            writer.WriteSingle(packet.Quality);
        }
        if (packet.Tick is { } tick)
        {
            writer.WriteInteger((int)ArrayElement.Tick);
            writer.WriteInteger(MicrosecondsOf(tick));
        }
        if (!packet.Model.IsEmpty)
        {
            writer.WriteInteger((int)ArrayElement.Model);
            writer.WriteString(packet.Model);
        }
        if (!packet.Scene.IsEmpty)
        {
            writer.WriteInteger((int)ArrayElement.SceneName);
            writer.WriteString(packet.Scene);
        }
    }

    private static void WriteTag(ref MsgPackWriter writer, uint epoch)
    {
        Span<byte> tag = stackalloc byte[TokenKey.TagBytes];
        tag.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(tag, epoch);
        writer.WriteBinary(tag);
    }

    private static uint MicrosecondsOf(double seconds) => (uint)(long)Math.Round(seconds * MicrosecondsPerSecond);

    /// <summary>The time nearest to <paramref name="now"/> that is this many microseconds modulo 2^32, seconds since 1970.</summary>
    internal static double TimeNear(double now, uint microseconds)
    {
        var near = (long)Math.Round(now * MicrosecondsPerSecond);
        return (near + (int)(microseconds - (uint)near)) / MicrosecondsPerSecond;
    }
}
