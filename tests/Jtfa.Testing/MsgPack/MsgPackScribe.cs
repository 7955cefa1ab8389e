using MessagePack;
using static MessagePack.MessagePackPrimitives;

namespace Jtfa.Testing.MsgPack;

/// <summary>
/// Writes msgpack with MessagePack, a library apart from the product's writer, into a buffer that is used again: each value in a format
/// drawn at random among those that hold it, or without <paramref name="random"/> in the shortest.
/// </summary>
internal sealed class MsgPackScribe(Random? random = null)
{
    private readonly byte[] _bytes = new byte[ushort.MaxValue];

    public int Length { get; set; }

    public Span<byte> Written => _bytes.AsSpan(0, Length);

    private Span<byte> Rest => _bytes.AsSpan(Length);

    public void Map(int entries)
    {
        if (DrawWider(MessagePackCode.Map16, MessagePackCode.Map32) is { } wider) WideHeader(wider, entries);
        else Advance(TryWriteMapHeader(Rest, (uint)entries, out var size), size);
    }

    public void Write(in MsgPackValue value)
    {
        switch (value.Kind)
        {
            case 'i': Integer(value.Number); break;
            case 'd': Advance(TryWrite(Rest, value.Real, out var size), size); break;
            case 'f': Advance(TryWrite(Rest, (float)value.Real, out size), size); break;
            case 's': Text(value.Bytes); break;
            case 'b': Binary(value.Bytes); break;
            default: Append(value.Bytes); break;
        }
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        var narrowest = utf8.Length <= byte.MaxValue ? MessagePackCode.Str8 : MessagePackCode.Str16;
        if (DrawWider(narrowest, MessagePackCode.Str32) is { } wider) WideHeader(wider, utf8.Length);
        else Advance(TryWriteStringHeader(Rest, (uint)utf8.Length, out var size), size);
        Append(utf8);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Rest);
        Length += bytes.Length;
    }

    private void Binary(ReadOnlySpan<byte> bytes)
    {
        if (DrawWider(MessagePackCode.Bin16, MessagePackCode.Bin32) is { } wider) WideHeader(wider, bytes.Length);
        else Advance(TryWriteBinHeader(Rest, (uint)bytes.Length, out var size), size);
        Append(bytes);
    }

    // The formats of one kind follow one another.
    private byte? DrawWider(byte narrowest, byte widest) =>
        random?.Next(4) == 0 ? (byte)random.Next(narrowest, widest + 1) : null;

    // MessagePack writes the shortest header only. A wider one differs from an unsigned integer of its width in nothing but the format.
    private void WideHeader(byte format, int length)
    {
        var (start, size) = (Length, 0);
        var fits = format switch
        {
            MessagePackCode.Str8 => TryWriteUInt8(Rest, (byte)length, out size),
            MessagePackCode.Str16 or MessagePackCode.Bin16 or MessagePackCode.Map16 => TryWriteUInt16(Rest, (ushort)length, out size),
            _ => TryWriteUInt32(Rest, (uint)length, out size),
        };
        Advance(fits, size);
        _bytes[start] = format;
    }

    private void Integer(long value)
    {
        if (random?.Next(3) != 0)
        {
            Advance(TryWrite(Rest, value, out var size), size);
            return;
        }

        // The first that holds the value, from a random one of the eight on; int 64 holds each.
        var format = random.Next(8);
        while (!TryInteger(format, value)) format = (format + 1) % 8;
    }

    private bool TryInteger(int format, long value)
    {
        var size = 0;
        var holds = format switch
        {
            0 => value == (byte)value && TryWriteUInt8(Rest, (byte)value, out size),
            1 => value == (ushort)value && TryWriteUInt16(Rest, (ushort)value, out size),
            2 => value == (uint)value && TryWriteUInt32(Rest, (uint)value, out size),
            3 => value >= 0 && TryWriteUInt64(Rest, (ulong)value, out size),
            4 => value == (sbyte)value && TryWriteInt8(Rest, (sbyte)value, out size),
            5 => value == (short)value && TryWriteInt16(Rest, (short)value, out size),
            6 => value == (int)value && TryWriteInt32(Rest, (int)value, out size),
            _ => TryWriteInt64(Rest, value, out size),
        };
        Length += size;
        return holds;
    }

    private void Advance(bool fits, int size)
    {
        Assert.True(fits);
        Length += size;
    }
}
