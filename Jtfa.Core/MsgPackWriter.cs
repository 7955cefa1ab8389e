using System.Buffers.Binary;
using static Jtfa.Core.MsgPackFormat;

namespace Jtfa.Core;

/// <summary>
/// Writes msgpack values into a span, each in the shortest format that holds it (as msgpack for Python does); doubles stay float64.
/// Throws <see cref="ArgumentException"/> when the span is too small.
/// </summary>
internal ref struct MsgPackWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written.</summary>
    public int Written { get; private set; }

    /// <summary>map: <paramref name="entries"/> keys and values are to follow.</summary>
    public void WriteMap(int entries)
    {
        const int mostFixMap = FixMapMax - FixMap;
        if (entries <= mostFixMap) Take(1)[0] = (byte)(FixMap + entries);
        else WriteWide(Map16, entries, 2);
    }

    /// <summary>array: <paramref name="elements"/> (at most 15) values are to follow.</summary>
    public void WriteArray(int elements) => Take(1)[0] = (byte)(FixArray + elements);

    /// <summary>nil.</summary>
    public void WriteNil() => Take(1)[0] = Nil;

    /// <summary>int, or nil where there is none.</summary>
    public void WriteIntegerOrNil(long? value)
    {
        if (value is { } number) WriteInteger(number);
        else WriteNil();
    }

    /// <summary>A value that is msgpack already.</summary>
    public void WriteRaw(scoped ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>str, of at most 255 bytes.</summary>
    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        const int longestFixStr = FixStrMax - FixStr;
        if (utf8.Length <= longestFixStr)
        {
            Take(1)[0] = (byte)(FixStr + utf8.Length);
        }
        else
        {
            Take(1)[0] = Str8;
            Take(1)[0] = (byte)utf8.Length;
        }
        utf8.CopyTo(Take(utf8.Length));
    }

    /// <summary>bin, of at most 65,535 bytes.</summary>
    public void WriteBinary(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= byte.MaxValue)
        {
            Take(1)[0] = Bin8;
            Take(1)[0] = (byte)bytes.Length;
        }
        else
        {
            Take(1)[0] = Bin16;
            BinaryPrimitives.WriteUInt16BigEndian(Take(2), (ushort)bytes.Length);
        }
        bytes.CopyTo(Take(bytes.Length));
    }

    /// <summary>int.</summary>
    public void WriteInteger(long value)
    {
        const int leastFixInt = NegativeFixIntMin - 0x100;
        switch (value)
        {
            case >= leastFixInt and <= PositiveFixIntMax: Take(1)[0] = (byte)value; break;
            case > 0 and <= byte.MaxValue: WriteWide(Unsigned8, value, 1); break;
            case > 0 and <= ushort.MaxValue: WriteWide(Unsigned16, value, 2); break;
            case > 0 and <= uint.MaxValue: WriteWide(Unsigned32, value, 4); break;
            case > 0: WriteWide(Unsigned64, value, 8); break;
            case >= sbyte.MinValue: WriteWide(Signed8, value, 1); break;
            case >= short.MinValue: WriteWide(Signed16, value, 2); break;
            case >= int.MinValue: WriteWide(Signed32, value, 4); break;
            default: WriteWide(Signed64, value, 8); break;
        }
    }

    /// <summary>Bytes that <see cref="WriteInteger"/> takes for a number.</summary>
    public static int IntegerBytes(long value) => value switch
    {
        >= NegativeFixIntMin - 0x100 and <= PositiveFixIntMax => 1,
        >= sbyte.MinValue and <= byte.MaxValue => 2,
        >= short.MinValue and <= ushort.MaxValue => 3,
        >= int.MinValue and <= uint.MaxValue => 5,
        _ => 9,
    };

    /// <summary>float64.</summary>
    public void WriteDouble(double value)
    {
        Take(1)[0] = Float64;
        BinaryPrimitives.WriteDoubleBigEndian(Take(8), value);
    }

    /// <summary>float32.</summary>
    public void WriteSingle(float value)
    {
        Take(1)[0] = Float32;
        BinaryPrimitives.WriteSingleBigEndian(Take(4), value);
    }

    private void WriteWide(byte format, long value, int width)
    {
        Take(1)[0] = format;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        bytes[^width..].CopyTo(Take(width));
    }

    private Span<byte> Take(int count)
    {
        if (count > _destination.Length - Written)
            throw new ArgumentException($"The destination ({_destination.Length} bytes) is too small for the packet.");
        var taken = _destination.Slice(Written, count);
        Written += count;
        return taken;
    }
}
