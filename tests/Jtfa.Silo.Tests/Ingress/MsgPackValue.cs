using System.Buffers.Binary;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A msgpack value to be written, of any type that the wire or a mistake may hold.</summary>
internal readonly record struct MsgPackValue(char Kind, long Number = 0, double Real = 0, byte[]? Bytes = null)
{
    public static MsgPackValue Integer(long value) => new('i', value);

    public static MsgPackValue Double(double value) => new('d', Real: value);

    public static MsgPackValue Single(double value) => new('f', Real: value);

    public static MsgPackValue Text(byte[] utf8) => new('s', Bytes: utf8);

    public static MsgPackValue Binary(byte[] bytes) => new('b', Bytes: bytes);

    /// <summary>One byte as it is: nil, a boolean, an empty array or map, or what is no format at all.</summary>
    public static MsgPackValue Raw(byte value) => new('r', value);
}

/// <summary>
/// Writes msgpack into a buffer, each value in a width drawn at random among those that hold it: a writer apart from the product's.
/// </summary>
internal sealed class MsgPackScribe(Random random)
{
    private readonly byte[] _bytes = new byte[ushort.MaxValue];

    public int Length { get; set; }

    public Span<byte> Written => _bytes.AsSpan(0, Length);

    public void Map(int entries)
    {
        if (entries < 16 && random.Next(4) > 0) Put((byte)(0x80 | entries));
        else if (random.Next(2) == 0) Wide(0xde, entries, 2);
        else Wide(0xdf, entries, 4);
    }

    public void Write(in MsgPackValue value)
    {
        switch (value.Kind)
        {
            case 'i': Integer(value.Number); break;
            case 'd': Wide(0xcb, BitConverter.DoubleToInt64Bits(value.Real), 8); break;
            case 'f': Wide(0xca, BitConverter.SingleToInt32Bits((float)value.Real), 4); break;
            case 's': Text(value.Bytes); break;
            case 'b': Binary(value.Bytes); break;
            default: Put((byte)value.Number); break;
        }
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < 32 && random.Next(4) > 0) Put((byte)(0xa0 | utf8.Length));
        else WithLength(0xd9, utf8.Length);
        Append(utf8);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    private void Binary(ReadOnlySpan<byte> bytes)
    {
        WithLength(0xc4, bytes.Length);
        Append(bytes);
    }

    private void Integer(long value)
    {
        var least = value switch
        {
            >= 0 and < 128 => 0,
            >= 0 => value <= byte.MaxValue ? 1 : value <= ushort.MaxValue ? 2 : value <= uint.MaxValue ? 4 : 8,
            _ => value >= sbyte.MinValue ? 1 : value >= short.MinValue ? 2 : value >= int.MinValue ? 4 : 8,
        };
        var width = Math.Max(least, random.Next(3) > 0 ? least : 1 << random.Next(4));
        if (width == 0) Put((byte)value);
        else Wide((byte)((value < 0 ? 0xd0 : 0xcc) + int.Log2(width)), value, width);
    }

    // The formats of one kind follow one another: 8, 16 and 32 bits of length.
    private void WithLength(byte format, int length)
    {
        var least = length <= byte.MaxValue ? 0 : 1;
        var wider = Math.Max(least, random.Next(4) > 0 ? least : random.Next(3));
        Wide((byte)(format + wider), length, 1 << wider);
    }

    private void Wide(byte format, long value, int width)
    {
        Put(format);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Append(bytes[^width..]);
    }

    private void Put(byte value) => _bytes[Length++] = value;
}
