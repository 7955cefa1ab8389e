using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MessagePack;

namespace Jtfa.Core.Tests;

/// <summary>
/// Single msgpack values, written with MessagePack, a library apart from the product's writer. MessagePack writes the shortest header
/// only; the wider ones that msgpack also allows are spelt out here.
/// </summary>
internal static class MsgPackBytes
{
    private delegate void Writing(ref MessagePackWriter writer);

    public static byte[] Nil { get; } = Written((ref writer) => writer.WriteNil());

    public static byte[] Bool(bool value) => Written((ref writer) => writer.Write(value));

    public static byte[] Str(string text) => Str(Encoding.UTF8.GetBytes(text));

    public static byte[] Str(byte[] utf8) => Written((ref writer) => writer.WriteString(utf8));

    public static byte[] Bin(params byte[] bytes) => Written((ref writer) => writer.Write(bytes));

    public static byte[] Ext(sbyte type, int length) =>
        Written((ref writer) => writer.WriteExtensionFormat(new ExtensionResult(type, new byte[length])));

    public static byte[] Float32(float value) => Written((ref writer) => writer.Write(value));

    public static byte[] Float64(double value) => Written((ref writer) => writer.Write(value));

    public static byte[] Int(long value) => Int("int 64", value);

    /// <summary>An integer in the format that a name of the specification says ("uint 16").</summary>
    public static byte[] Int(string format, long value) => format switch
    {
        "fixint" => Written((ref writer) => writer.Write(value)),
        "uint 8" => Written((ref writer) => writer.WriteUInt8((byte)value)),
        "uint 16" => Written((ref writer) => writer.WriteUInt16((ushort)value)),
        "uint 32" => Written((ref writer) => writer.WriteUInt32((uint)value)),
        "uint 64" => Written((ref writer) => writer.WriteUInt64((ulong)value)),
        "int 8" => Written((ref writer) => writer.WriteInt8((sbyte)value)),
        "int 16" => Written((ref writer) => writer.WriteInt16((short)value)),
        "int 32" => Written((ref writer) => writer.WriteInt32((int)value)),
        "int 64" => Written((ref writer) => writer.WriteInt64(value)),
        _ => throw new ArgumentException(format),
    };

    public static byte[] Array(params byte[][] items) => Written((ref writer) =>
    {
        writer.WriteArrayHeader(items.Length);
        foreach (var item in items) writer.WriteRaw(item);
    });

    public static byte[] Map(params (string Key, byte[] Value)[] entries) => Written((ref writer) =>
    {
        writer.WriteMapHeader(entries.Length);
        foreach (var (key, value) in entries)
        {
            writer.Write(key);
            writer.WriteRaw(value);
        }
    });

    public static byte[] Array16(params byte[][] items) => [.. Header(MessagePackCode.Array16, 2, items.Length), .. Flat(items)];

    public static byte[] Array32(params byte[][] items) => [.. Header(MessagePackCode.Array32, 4, items.Length), .. Flat(items)];

    public static byte[] Map16(params (string Key, byte[] Value)[] entries) =>
        [.. Header(MessagePackCode.Map16, 2, entries.Length), .. Flat(entries)];

    public static byte[] Map32(params (string Key, byte[] Value)[] entries) =>
        [.. Header(MessagePackCode.Map32, 4, entries.Length), .. Flat(entries)];

    public static byte[] Str8(byte[] utf8) => [.. Header(MessagePackCode.Str8, 1, utf8.Length), .. utf8];

    public static byte[] Str16(byte[] utf8) => [.. Header(MessagePackCode.Str16, 2, utf8.Length), .. utf8];

    public static byte[] Str32(byte[] utf8) => [.. Header(MessagePackCode.Str32, 4, utf8.Length), .. utf8];

    public static byte[] Bin16(params byte[] bytes) => [.. Header(MessagePackCode.Bin16, 2, bytes.Length), .. bytes];

    public static byte[] Bin32(params byte[] bytes) => [.. Header(MessagePackCode.Bin32, 4, bytes.Length), .. bytes];

    private static IEnumerable<byte> Flat(byte[][] items) => items.SelectMany(item => item);

    private static IEnumerable<byte> Flat((string Key, byte[] Value)[] entries) =>
        entries.SelectMany(entry => Str(entry.Key).Concat(entry.Value));

    private static byte[] Header(byte format, int width, int length)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return [format, .. bytes[^width..]];
    }

    private static byte[] Written(Writing write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
