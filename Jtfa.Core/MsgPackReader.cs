using System.Buffers.Binary;
using static Jtfa.Core.MsgPackFormat;

namespace Jtfa.Core;

/// <summary>
/// Reads msgpack values out of a span, in place. The first fault sticks: every later read returns nothing, so that a caller may
/// read a whole table and ask for <see cref="Fault"/> once. Never throws, never allocates; no work is proportional to a length
/// that is merely claimed.
/// </summary>
internal ref struct MsgPackReader(ReadOnlySpan<byte> bytes)
{
    private const sbyte TimestampType = -1;
    private const uint MostNanoseconds = 999_999_999;
    private const double Exact63 = 9_223_372_036_854_775_808; // 2^63

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Why reading stopped; <see cref="RejectReason.None"/> while it goes well.</summary>
    public RejectReason Fault { get; private set; }

    /// <summary>Whether all bytes have been read.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>Bytes left to read.</summary>
    public readonly int Left => _rest.Length;

    /// <summary>Whether a map comes next.</summary>
    public readonly bool NextIsMap => !_rest.IsEmpty && _rest[0] is (>= FixMap and <= FixMapMax) or Map16 or Map32;

    /// <summary>Whether an array comes next.</summary>
    public readonly bool NextIsArray => !_rest.IsEmpty && _rest[0] is (>= FixArray and <= FixArrayMax) or Array16 or Array32;

    /// <summary>Stops reading, for this reason unless it has stopped before.</summary>
    public void Fail(RejectReason reason)
    {
        if (Fault == RejectReason.None) Fault = reason;
        _rest = default;
    }

    /// <summary>map: the number of its entries, each a key and a value to read next.</summary>
    public int ReadMap()
    {
        var format = ReadFormat();
        var entries = format switch
        {
            >= FixMap and <= FixMapMax => format - FixMap,
            Map16 => ReadLength(2),
            Map32 => ReadLength(4),
            _ => Mismatch(),
        };
        return ExpectValues(2 * entries) ? (int)entries : 0;
    }

    /// <summary>array: the number of its elements, to read next.</summary>
    public int ReadArray()
    {
        var format = ReadFormat();
        var elements = format switch
        {
            >= FixArray and <= FixArrayMax => format - FixArray,
            Array16 => ReadLength(2),
            Array32 => ReadLength(4),
            _ => Mismatch(),
        };
        return ExpectValues(elements) ? (int)elements : 0;
    }

    /// <summary>A map's key, when it is a str or a bin; another type is skipped and reads as an empty key.</summary>
    public ReadOnlySpan<byte> ReadKey()
    {
        if (!_rest.IsEmpty && _rest[0] is (>= FixStr and <= FixStrMax) or (>= Str8 and <= Str32) or (>= Bin8 and <= Bin32))
            return ReadBytes();
        Skip();
        return default;
    }

    /// <summary>
    /// str or bin: its bytes, which need not be valid UTF-8. Either will do for the other: msgpack had no bin at first, and libraries have
    /// an option for writing as then.
    /// </summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var format = ReadFormat();
        return Take(format switch
        {
            >= FixStr and <= FixStrMax => format - FixStr,
            Str8 or Bin8 => ReadLength(1),
            Str16 or Bin16 => ReadLength(2),
            Str32 or Bin32 => ReadLength(4),
            _ => Mismatch(),
        });
    }

    /// <summary>Passes over a nil, if one comes next.</summary>
    /// <returns>Whether it did.</returns>
    public bool TryReadNil()
    {
        if (_rest.IsEmpty || _rest[0] != Nil) return false;
        _rest = _rest[1..];
        return true;
    }

    /// <summary>int of any width, or a float without a fraction, which must fit in 64 signed bits.</summary>
    public long ReadInteger()
    {
        var format = ReadFormat();
        switch (format)
        {
            case <= PositiveFixIntMax: return format;
            case >= NegativeFixIntMin: return (sbyte)format;
            case Unsigned8: return (long)ReadUnsigned(1);
            case Unsigned16: return (long)ReadUnsigned(2);
            case Unsigned32: return (long)ReadUnsigned(4);
            case Signed8: return (sbyte)ReadUnsigned(1);
            case Signed16: return (short)ReadUnsigned(2);
            case Signed32: return (int)ReadUnsigned(4);
            case Signed64: return (long)ReadUnsigned(8);
            case Unsigned64:
                var value = ReadUnsigned(8);
                return value <= long.MaxValue ? (long)value : Mismatch();
            case Float32: return Integral(BitConverter.UInt32BitsToSingle((uint)ReadUnsigned(4)));
            case Float64: return Integral(BitConverter.UInt64BitsToDouble(ReadUnsigned(8)));
            default: return Mismatch();
        }
    }

    /// <summary>The same, or null where it is nil.</summary>
    public long? ReadIntegerOrNil() => TryReadNil() ? null : ReadInteger();

    /// <summary>int that must lie in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public long ReadInteger(long min, long max)
    {
        var value = ReadInteger();
        if (value < min || value > max) Fail(RejectReason.WrongType);
        return value;
    }

    /// <summary>float or int of any width, as a double.</summary>
    public double ReadNumber()
    {
        if (_rest.IsEmpty) return ReadInteger();
        switch (_rest[0])
        {
            case Float64:
                ReadFormat();
                return BitConverter.UInt64BitsToDouble(ReadUnsigned(8));
            case Float32:
                ReadFormat();
                return BitConverter.UInt32BitsToSingle((uint)ReadUnsigned(4));
            case Unsigned64:
                ReadFormat();
                return ReadUnsigned(8);
            default:
                return ReadInteger();
        }
    }

    /// <summary>A time, seconds since 1970: a number, or msgpack's timestamp extension (type −1) in any of its three widths.</summary>
    public double ReadTime()
    {
        if (_rest.IsEmpty || _rest[0] is not (FixExt4 or FixExt8 or Ext8)) return ReadNumber();
        var format = ReadFormat();
        var length = format switch { FixExt4 => 4, FixExt8 => 8, _ => (int)ReadLength(1) };
        var extension = Take(1 + length);
        if (Fault != RejectReason.None || (sbyte)extension[0] != TimestampType) return Mismatch();
        var (seconds, nanoseconds) = length switch
        {
            4 => (BinaryPrimitives.ReadUInt32BigEndian(extension[1..]), 0U),
            8 when BinaryPrimitives.ReadUInt64BigEndian(extension[1..]) is var both => ((long)(both & 0x3_ffff_ffff), (uint)(both >> 34)),
            12 => (BinaryPrimitives.ReadInt64BigEndian(extension[5..]), BinaryPrimitives.ReadUInt32BigEndian(extension[1..])),
            _ => (0L, uint.MaxValue),
        };
        return nanoseconds <= MostNanoseconds ? seconds + (nanoseconds / 1e9) : Mismatch();
    }

    /// <summary>Passes over one value of any type. Contained values are counted without recursion, so that any depth works.</summary>
    public void Skip()
    {
        for (var values = 1L; values > 0 && Fault == RejectReason.None; values--)
        {
            values += SkipShell();
            ExpectValues(values - 1);
        }
    }

    /// <summary>The bytes of one value of any type; empty where it is cut short.</summary>
    public ReadOnlySpan<byte> ReadRaw()
    {
        var start = _rest;
        Skip();
        return Fault == RejectReason.None ? start[..^_rest.Length] : default;
    }

    /// <summary>Passes over a value without the values that it contains, and returns how many those are.</summary>
    private long SkipShell()
    {
        var format = ReadFormat();
        switch (format)
        {
            case >= FixMap and <= FixMapMax: return 2 * (format - FixMap);
            case Map16: return 2 * ReadLength(2);
            case Map32: return 2 * ReadLength(4);
            case >= FixArray and <= FixArrayMax: return format - FixArray;
            case Array16: return ReadLength(2);
            case Array32: return ReadLength(4);
            default:
                Take(ScalarBytes(format));
                return 0;
        }
    }

    /// <summary>How many bytes follow the format byte (and length) of a value that contains no others.</summary>
    private long ScalarBytes(byte format)
    {
        switch (format)
        {
            case <= PositiveFixIntMax or >= NegativeFixIntMin or Nil or False or True: return 0;
            case >= FixStr and <= FixStrMax: return format - FixStr;
            case Str8 or Bin8: return ReadLength(1);
            case Str16 or Bin16: return ReadLength(2);
            case Str32 or Bin32: return ReadLength(4);
            case Ext8: return 1 + ReadLength(1);
            case Ext16: return 1 + ReadLength(2);
            case Ext32: return 1 + ReadLength(4);
            case >= FixExt1 and <= FixExt16: return 1 + (1L << (format - FixExt1));
            case Unsigned8 or Signed8: return 1;
            case Unsigned16 or Signed16: return 2;
            case Unsigned32 or Signed32 or Float32: return 4;
            case Unsigned64 or Signed64 or Float64: return 8;
            default:
                Fail(RejectReason.NotMsgPack);
                return 0;
        }
    }

    private byte ReadFormat()
    {
        if (_rest.IsEmpty)
        {
            Fail(RejectReason.Truncated);
            return Nil;
        }
        var format = _rest[0];
        _rest = _rest[1..];
        return format;
    }

    private long ReadLength(int width) => (long)ReadUnsigned(width);

    private ulong ReadUnsigned(int width)
    {
        var taken = Take(width);
        return taken.Length switch
        {
            1 => taken[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(taken),
            4 => BinaryPrimitives.ReadUInt32BigEndian(taken),
            8 => BinaryPrimitives.ReadUInt64BigEndian(taken),
            _ => 0,
        };
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > _rest.Length)
        {
            Fail(RejectReason.Truncated);
            return default;
        }
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    /// <summary>Each value takes a byte at least, so a claim of more values than bytes is refused before any is looked at.</summary>
    private bool ExpectValues(long count)
    {
        if (count > _rest.Length) Fail(RejectReason.Truncated);
        return Fault == RejectReason.None;
    }

    private long Integral(double value) =>
        value is >= -Exact63 and < Exact63 && Math.Truncate(value) == value ? (long)value : Mismatch();

    private long Mismatch()
    {
        Fail(RejectReason.WrongType);
        return 0;
    }
}
