namespace Jtfa.Testing.MsgPack;

/// <summary>A msgpack value to be written, of any type that the wire or a mistake may hold.</summary>
internal readonly record struct MsgPackValue(char Kind, long Number = 0, double Real = 0, byte[]? Bytes = null)
{
    public static MsgPackValue Integer(long value) => new('i', value);

    public static MsgPackValue Double(double value) => new('d', Real: value);

    public static MsgPackValue Single(double value) => new('f', Real: value);

    public static MsgPackValue Text(byte[] utf8) => new('s', Bytes: utf8);

    public static MsgPackValue Binary(byte[] bytes) => new('b', Bytes: bytes);

    /// <summary>Bytes as they are: a value written elsewhere, or what is no value at all.</summary>
    public static MsgPackValue Raw(params byte[] bytes) => new('r', Bytes: bytes);
}
