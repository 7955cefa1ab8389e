namespace Jtfa.Core;

/// <summary>
/// Says of a datagram that <see cref="ArrayPacketCodec"/> rejected which element is wrong, what should be there and what is.
/// </summary>
internal static class ArrayPacketFault
{
    private static readonly Dictionary<ArrayElement, (string Name, string Expected)> s_elements = new()
    {
        [ArrayElement.Version] = ("version", "the int 2; version 1 is a map"),
        [ArrayElement.Scene] = ("scene index", $"an int 0 … {ArrayPacketCodec.MaxSceneIndex}"),
        [ArrayElement.View] = ("view", $"an int 0 … {int.MaxValue}"),
        [ArrayElement.Sequence] = ("seq", $"an int 0 … {uint.MaxValue}"),
        [ArrayElement.Time] = ("time", $"microseconds modulo 2^32, an int 0 … {uint.MaxValue}"),
        [ArrayElement.Encoding] = ("encoding", "one of 0, 1, 2 (plain, psmix, hmix as int8), 4, 5, 6 (as int4), 8, 9, 10 (as q3h)"),
        [ArrayElement.Scale] = ("scale", $"a number above 0, at most {TokenCodec.MaxScale}"),
        [ArrayElement.Values] = ("q", $"1 … {TokenPacket.MaxDimension} numbers, packed as the encoding says, as bin or str"),
        [ArrayElement.Tag] = ("tag", $"{TokenKey.TagBytes} bytes as bin, or options as a map and then the tag"),
        [ArrayElement.OptionKey] = ("options", "ints as keys"),
        [ArrayElement.Label] = ("label", "an int of 32 bits"),
        [ArrayElement.DecisionId] = ("did", "an int of 64 bits"),
        [ArrayElement.Quality] = ("qual", "a number above 0, at most 1"),
        [ArrayElement.Tick] = ("tick", $"microseconds modulo 2^32, an int 0 … {uint.MaxValue}"),
        [ArrayElement.Model] = ("model", $"a str of at most {TokenPacket.MaxModelBytes} bytes of UTF-8"),
        [ArrayElement.SceneName] = ("scene", $"a str of at most {TokenPacket.MaxSceneBytes} bytes of UTF-8 without '/'"),
        [ArrayElement.UnknownOption] = ("an option of another version", "any value"),
    };

    /// <summary>What is wrong with a datagram that begins with an array.</summary>
    public static string Describe(ReadOnlySpan<byte> datagram)
    {
        var reader = new MsgPackReader(datagram);
        var fields = new ArrayPacketFields();
        ArrayPacketCodec.Read(ref reader, ref fields);
        if (reader.Fault == RejectReason.None)
        {
            if (!reader.AtEnd) return $"bytes follow the array: {reader.Left} of {datagram.Length}";
            if (fields.TryMake([], 0, out _) == RejectReason.None) return "nothing is wrong";
            var (rule, allowed) = s_elements[fields.Element];
            return $"{rule}: expected {allowed}, found {Found(fields)}";
        }

        if (reader.Fault == RejectReason.Truncated && fields.Element == ArrayElement.Array) return "the array has not all of its values";
        if (fields.Element == ArrayElement.Array) return $"expected an array of 8 to 10, found {PacketFault.Found(datagram)}";
        var (name, expected) = s_elements[fields.Element];
        return reader.Fault switch
        {
            RejectReason.Truncated => $"it ends within {name}",
            RejectReason.NotMsgPack when fields.Element != ArrayElement.Version =>
                $"{name} holds the byte 0xc1, which msgpack does not use",
            RejectReason.MissingKey or RejectReason.WrongType when fields.Element == ArrayElement.Version && IsOurs(datagram) =>
                $"expected an array of 8 to 10, found {PacketFault.Found(datagram)}",
            _ => $"{name}: expected {expected}, found {PacketFault.Found(datagram[^fields.Left..])}",
        };
    }

    // Whether its version is read and known.
    private static bool IsOurs(ReadOnlySpan<byte> datagram)
    {
        var reader = new MsgPackReader(datagram);
        reader.ReadArray();
        return reader.ReadInteger() == ArrayPacketCodec.Version;
    }

    private static string Found(in ArrayPacketFields fields) => fields.Element switch
    {
        ArrayElement.Scale => PacketFault.Text(fields.Scale),
        ArrayElement.Quality => PacketFault.Text(fields.Quality),
        ArrayElement.SceneName => $"{PacketFault.Quote(fields.Scene)}, {fields.Scene.Length} bytes",
        ArrayElement.Model => $"{PacketFault.Quote(fields.Model)}, {fields.Model.Length} bytes",
        _ => $"{fields.Packed.Length} bytes that are not",
    };
}
