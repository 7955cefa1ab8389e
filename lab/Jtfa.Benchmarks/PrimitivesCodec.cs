using System.Runtime.InteropServices;
using Jtfa.Core;

namespace Jtfa.Benchmarks;

/// <summary>
/// Parses what our cameras send as the product's PacketCodec does, with MessagePack's primitives: to be measured beside it.
/// </summary>
internal static class PrimitivesCodec
{
    public static RejectReason TryParse(ReadOnlySpan<byte> datagram, out TokenPacket packet)
    {
        packet = default;
        if (datagram.IsEmpty) return RejectReason.Truncated;
        if (datagram.Length > TokenPacket.MaxDatagramBytes) return RejectReason.Oversize;

        var reader = new PrimitivesReader(datagram);
        if (!reader.NextIsMap) return RejectReason.NotMsgPack;
        var fields = new PacketFields();
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--) ReadEntry(ref reader, ref fields);
        if (reader.Fault != RejectReason.None) return reader.Fault;
        if (!reader.AtEnd) return RejectReason.NotMsgPack;

        var reason = fields.Check();
        if (reason == RejectReason.None) packet = fields.ToPacket();
        return reason;
    }

    private static void ReadEntry(ref PrimitivesReader reader, ref PacketFields fields)
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
        else reader.Skip(); // "mode" too: meta.enc decides
    }

    private static void ReadMeta(ref PrimitivesReader reader, ref PacketFields fields)
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
}
