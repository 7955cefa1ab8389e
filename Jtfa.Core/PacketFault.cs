using System.Globalization;
using System.Text;
using static Jtfa.Core.MsgPackFormat;

namespace Jtfa.Core;

/// <summary>
/// Says of a datagram that <see cref="DatagramCodec"/> rejected which key is wrong, what should be there and what is. It reads the datagram
/// once more and allocates, so it is for those that are told of only. What it says is one short line, whatever the datagram holds.
/// </summary>
public static class PacketFault
{
    private const int LongestName = 32;
    private const string Time = "seconds since 1970 as a number, or a timestamp extension";

    private static readonly Dictionary<string, string> s_expected = new()
    {
        ["ts"] = Time,
        ["tick"] = Time,
        ["producer_id"] = $"an int 0 … {int.MaxValue}",
        ["d"] = "an int",
        ["meta"] = "a map",
        ["q"] = "d bytes as bin or str, or an array of d ints",
        ["label"] = "an int of 32 bits",
        ["scene"] = $"a str of at most {TokenPacket.MaxSceneBytes} bytes of UTF-8 without '/'",
        ["did"] = "an int of 64 bits",
        ["seq"] = "an int of 64 bits",
        ["qual"] = "a number above 0, at most 1",
        ["model"] = $"a str of at most {TokenPacket.MaxModelBytes} bytes of UTF-8",
        ["hold"] = $"a number above 0, at most {TokenPacket.MaxHold}",
        ["copy"] = "the int 0 or 1",
        ["red"] = $"an array of at most {EarlierTokens.Most} tokens before it, each an array of back (1 … {EarlierTokens.FurthestBack}), "
            + "ts, scale, seed, q of as many values",
        ["tag"] = $"{TokenKey.TagBytes} bytes as bin, which end the datagram",
        ["meta.enc"] = "a str",
        ["meta.seed"] = $"an int 0 … {uint.MaxValue}",
        ["meta.scale"] = $"a number above 0, at most {TokenCodec.MaxScale}",
        ["meta.d"] = "an int",
        ["meta.n2"] = "an int",
    };

    /// <summary>What is wrong with a datagram.</summary>
    /// <param name="datagram">What was rejected, for a reason that <see cref="DatagramCodec"/> gave.</param>
    public static string Describe(ReadOnlySpan<byte> datagram)
    {
        if (datagram.IsEmpty) return "it is empty";
        if (datagram.Length > TokenPacket.MaxDatagramBytes) return $"allowed are {TokenPacket.MaxDatagramBytes} bytes";
        if (ArrayPacketCodec.IsArray(datagram)) return ArrayPacketFault.Describe(datagram);
        var reader = new MsgPackReader(datagram);
        if (!reader.NextIsMap) return $"expected a msgpack map, found {Found(datagram)}{(datagram[0] == '{' ? ": JSON?" : "")}";

        var fields = new PacketFields();
        return ReadMap(datagram, ref reader, ref fields, isMeta: false)
            ?? (reader.AtEnd ? Rule(datagram, fields) : $"bytes follow the map: {reader.Left} of {datagram.Length}");
    }

    /// <summary>Bytes of a datagram as text for a log: at most so many, none that a terminal would act on.</summary>
    /// <param name="utf8">Such as a scene's name.</param>
    public static string Quote(ReadOnlySpan<byte> utf8)
    {
        var text = new StringBuilder("'");
        foreach (var c in Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, LongestName)])) text.Append(char.IsControl(c) ? '?' : c);
        return text.Append(utf8.Length > LongestName ? "…'" : "'").ToString();
    }

    // The first fault of a map's values; null where there is none.
    private static string? ReadMap(ReadOnlySpan<byte> datagram, ref MsgPackReader reader, ref PacketFields fields, bool isMeta)
    {
        var within = isMeta ? "meta" : "the map";
        for (var entries = reader.ReadMap(); entries > 0 && reader.Fault == RejectReason.None; entries--)
        {
            var name = reader.ReadKey();
            if (reader.Fault != RejectReason.None) break;
            var value = datagram[^reader.Left..];
            var key = Known(name, isMeta);
            if (key == "meta" && reader.NextIsMap)
            {
                fields.ClearMeta();
                if (ReadMap(datagram, ref reader, ref fields, isMeta: true) is { } fault) return fault;
                continue;
            }

            if (isMeta) PacketCodec.ReadMetaValue(name, ref reader, ref fields);
            else PacketCodec.ReadValue(name, ref reader, ref fields);
            if (reader.Fault != RejectReason.None) return Value(key ?? Quote(name), value, reader.Fault);
        }

        return reader.Fault switch
        {
            RejectReason.None => null,
            RejectReason.NotMsgPack => $"{within} holds the byte 0x{NeverUsed:x2}, which msgpack does not use",
            _ => $"{within} ends before all of its entries",
        };
    }

    private static string Value(string key, ReadOnlySpan<byte> value, RejectReason fault) => fault switch
    {
        RejectReason.Truncated => $"it ends within the value of {key}",
        RejectReason.NotMsgPack => $"{key} holds the byte 0x{NeverUsed:x2}, which msgpack does not use",
        RejectReason.DimensionMismatch => $"{key}: allowed are 1 … {TokenPacket.MaxDimension} values, found {Found(value)}",
        _ when key == "q" && Element(value) is { } element => element,
        _ => Expected(key, Found(value)),
    };

    // The element of an array that is no int8.
    private static string? Element(ReadOnlySpan<byte> array)
    {
        var reader = new MsgPackReader(array);
        if (!reader.NextIsArray) return null;
        var count = reader.ReadArray();
        for (var i = 0; i < count; i++)
        {
            var element = array[^reader.Left..];
            reader.ReadInteger(sbyte.MinValue, sbyte.MaxValue);
            if (reader.Fault != RejectReason.None)
                return $"q[{i}]: expected an int {sbyte.MinValue} … {sbyte.MaxValue}, found {Found(element)}";
        }

        return null;
    }

    // Of a packet whose values are each as they should be: the rule between them that it breaks.
    private static string Rule(ReadOnlySpan<byte> datagram, in PacketFields fields)
    {
        if (fields.IsTagged && !PacketCodec.EndsWithTag(datagram, fields)) return Expected("tag", $"{fields.Tag.Length} bytes");
        return fields.Check() switch
        {
            RejectReason.None => "nothing is wrong",
            RejectReason.UnknownEncoding => $"meta.enc {Quote(fields.EncodingName)}: known are plain, psmix and hmix",
            RejectReason.MissingKey when fields.Missing == 0 => "seq is missing: a token with tag, copy or red needs it",
            RejectReason.MissingKey => $"missing: {string.Join(", ", Names(fields.Missing))}",
            RejectReason.DimensionMismatch => Lengths(fields),
            _ => Number(fields),
        };
    }

    private static string Number(in PacketFields fields)
    {
        if (!double.IsFinite(fields.Timestamp)) return Expected("ts", Text(fields.Timestamp));
        if (fields.Tick is { } tick && !double.IsFinite(tick)) return Expected("tick", Text(tick));
        if (fields.Scale is not (> 0 and <= TokenCodec.MaxScale)) return Expected("meta.scale", Text(fields.Scale));
        if (fields.Quality is not (> 0 and <= 1) || (float)fields.Quality == 0) return Expected("qual", Text(fields.Quality));
        if (fields.HasWrongScene) return Expected("scene", $"{Quote(fields.Scene)}, {fields.Scene.Length} bytes");
        if (fields.HasWrongHold) return Expected("hold", Text(fields.Hold!.Value));
        return fields.HasWrongModel
            ? Expected("model", $"{Quote(fields.Model)}, {fields.Model.Length} bytes")
            : Expected("red", Found(fields.Earlier));
    }

    private static string Lengths(in PacketFields fields)
    {
        var claims = new List<string>();
        if (fields.Dimension is { } d) claims.Add($"d says {d}");
        if (fields.MetaDimension is { } metaD) claims.Add($"meta.d says {metaD}");
        if (fields.MetaN2 is { } n2) claims.Add($"meta.n2 says {n2}");
        return $"q has {fields.Values} values, allowed are 1 … {TokenPacket.MaxDimension}; {string.Join(", ", claims)}".TrimEnd(' ', ';');
    }

    private static IEnumerable<string> Names(PacketFields.Required keys)
    {
        if (keys.HasFlag(PacketFields.Required.Timestamp)) yield return "ts";
        if (keys.HasFlag(PacketFields.Required.View)) yield return "producer_id";
        if (keys.HasFlag(PacketFields.Required.Values)) yield return "q";
        if (keys.HasFlag(PacketFields.Required.Encoding)) yield return "meta.enc";
        if (keys.HasFlag(PacketFields.Required.Scale)) yield return "meta.scale";
        if (keys.HasFlag(PacketFields.Required.Seed)) yield return "meta.seed";
    }

    private static string Expected(string key, string found) =>
        s_expected.TryGetValue(key, out var expected) ? $"{key}: expected {expected}, found {found}" : $"{key}: found {found}";

    // A key of ours, by the name that messages have for it.
    private static string? Known(ReadOnlySpan<byte> name, bool isMeta)
    {
        var key = $"{(isMeta ? "meta." : "")}{Encoding.UTF8.GetString(name[..Math.Min(name.Length, LongestName)])}";
        return s_expected.ContainsKey(key) ? key : null;
    }

    /// <summary>What a value is; only its first bytes are looked at.</summary>
    internal static string Found(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return "nothing";
        var reader = new MsgPackReader(value);
        return value[0] switch
        {
            Nil => "nil",
            False => "false",
            True => "true",
            NeverUsed => $"the byte 0x{NeverUsed:x2}",
            Float32 or Float64 => $"the float {Text(reader.ReadNumber())}",
            <= PositiveFixIntMax or >= NegativeFixIntMin or (>= Unsigned8 and <= Signed64) => $"the int {Text(reader.ReadNumber())}",
            (>= FixStr and <= FixStrMax) or (>= Str8 and <= Str32) => $"a str of {reader.ReadBytes().Length} bytes",
            >= Bin8 and <= Bin32 => $"a bin of {reader.ReadBytes().Length} bytes",
            >= FixMap and <= FixMapMax or Map16 or Map32 => "a map",
            >= FixArray and <= FixArrayMax or Array16 or Array32 => $"an array of {reader.ReadArray()}",
            _ => ExtensionType(value) is { } type ? $"an extension of type {type}" : "an extension",
        };
    }

    // It stands after the format, and where the format does not imply a length after that, too.
    private static sbyte? ExtensionType(ReadOnlySpan<byte> value)
    {
        var at = value[0] switch { Ext8 => 2, Ext16 => 3, Ext32 => 5, _ => 1 };
        return at < value.Length ? (sbyte)value[at] : null;
    }

    internal static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
