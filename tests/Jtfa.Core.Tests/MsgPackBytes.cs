using System.Buffers.Binary;
using System.Text;

namespace Jtfa.Core.Tests;

/// <summary>Spells msgpack values out by hand, in any format of the specification, apart from the product's writer.</summary>
internal static class MsgPackBytes
{
    public static byte[] Of(byte format, params byte[][] parts) => [format, .. parts.SelectMany(part => part)];

    public static byte[] BigEndian(ulong value, int width)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes[^width..];
    }

    public static byte[] FixMap(params (string Key, byte[] Value)[] entries) => Of((byte)(0x80 + entries.Length), Flatten(entries));

    public static byte[] Map16(params (string Key, byte[] Value)[] entries) =>
        Of(0xde, [BigEndian((ulong)entries.Length, 2), .. Flatten(entries)]);

    public static byte[] Map32(params (string Key, byte[] Value)[] entries) =>
        Of(0xdf, [BigEndian((ulong)entries.Length, 4), .. Flatten(entries)]);

    public static byte[] Str(string text) => FixStr(Encoding.UTF8.GetBytes(text));

    public static byte[] FixStr(byte[] utf8) => utf8.Length < 32 ? Of((byte)(0xa0 + utf8.Length), utf8) : Str8(utf8);

    public static byte[] Str8(byte[] utf8) => Of(0xd9, BigEndian((ulong)utf8.Length, 1), utf8);

    public static byte[] Str16(byte[] utf8) => Of(0xda, BigEndian((ulong)utf8.Length, 2), utf8);

    public static byte[] Str32(byte[] utf8) => Of(0xdb, BigEndian((ulong)utf8.Length, 4), utf8);

    public static byte[] Bin8(params byte[] bytes) => Of(0xc4, BigEndian((ulong)bytes.Length, 1), bytes);

    public static byte[] Bin16(params byte[] bytes) => Of(0xc5, BigEndian((ulong)bytes.Length, 2), bytes);

    public static byte[] Bin32(params byte[] bytes) => Of(0xc6, BigEndian((ulong)bytes.Length, 4), bytes);

    public static byte[] Float32(float value) => Of(0xca, BigEndian(BitConverter.SingleToUInt32Bits(value), 4));

    public static byte[] Float64(double value) => Of(0xcb, BigEndian(BitConverter.DoubleToUInt64Bits(value), 8));

    /// <summary>An integer in the format that a name of the specification says ("uint 16").</summary>
    public static byte[] Int(string format, long value) => format switch
    {
        "fixint" => [(byte)value],
        "uint 8" => Of(0xcc, BigEndian((ulong)value, 1)),
        "uint 16" => Of(0xcd, BigEndian((ulong)value, 2)),
        "uint 32" => Of(0xce, BigEndian((ulong)value, 4)),
        "uint 64" => Of(0xcf, BigEndian((ulong)value, 8)),
        "int 8" => Of(0xd0, BigEndian((ulong)value, 1)),
        "int 16" => Of(0xd1, BigEndian((ulong)value, 2)),
        "int 32" => Of(0xd2, BigEndian((ulong)value, 4)),
        "int 64" => Of(0xd3, BigEndian((ulong)value, 8)),
        _ => throw new ArgumentException(format),
    };

    public static byte[] Int(long value) => Int("int 64", value);

    public static byte[] Nil { get; } = [0xc0];

    private static byte[][] Flatten((string Key, byte[] Value)[] entries) =>
        [.. entries.SelectMany(entry => new[] { Str(entry.Key), entry.Value })];
}
