using static System.Buffers.Binary.BinaryPrimitives;

namespace Jtfa.Core;

/// <summary>An element type of the .npy format, little-endian.</summary>
/// <param name="Descr">Its name in the header.</param>
/// <param name="Bytes">Bytes an element.</param>
internal sealed record NpyElement(string Descr, int Bytes)
{
    /// <summary>float32.</summary>
    public static NpyElement Single { get; } = new("<f4", 4);

    private static ReadOnlySpan<char> Orders => "<>=|";

    private static readonly NpyElement[] s_known =
    [
        Single, new("<f8", 8), new("<f2", 2), new("|i1", 1), new("|u1", 1), new("|b1", 1),
        new("<i2", 2), new("<u2", 2), new("<i4", 4), new("<u4", 4), new("<i8", 8), new("<u8", 8),
    ];

    // The other names that numpy.dtype takes: one-letter codes and C's types, with the sizes of 64-bit Linux, and long names.
    private static readonly string[] s_aliases =
    [
        "f4 f single float32", "f8 d double float float64", "f2 e half float16", "b1 ? bool bool_",
        "i1 b byte int8", "i2 h short int16", "i4 i intc int32", "i8 l q p int long longlong intp int64",
        "u1 B ubyte uint8", "u2 H ushort uint16", "u4 I uintc uint32", "u8 L Q P uint ulong ulonglong uintp uint64",
    ];

    private static readonly Dictionary<string, NpyElement> s_byName = s_aliases.Select(line => line.Split(' '))
        .SelectMany(names => names.Select(name => (Name: name, Element: s_known.Single(known => known.Descr[1..] == names[0]))))
        .ToDictionary(named => named.Name, named => named.Element, StringComparer.Ordinal);

    /// <summary>The element type of a name, as numpy.dtype reads it; null when it is not one of those read here.</summary>
    /// <param name="descr">Such as <c>&lt;f4</c>, <c>&gt;i8</c>, <c>|b1</c>, <c>float32</c>.</param>
    public static NpyElement? Find(string descr) =>
        s_byName.GetValueOrDefault(descr.Length > 0 && Orders.Contains(descr[0]) ? descr[1..] : descr);

    /// <summary>Whether the elements of a name are stored big-endian.</summary>
    public static bool IsBigEndian(string descr) => descr.StartsWith('>');

    /// <summary>The first element of some bytes.</summary>
    public double Read(ReadOnlySpan<byte> bytes) => Descr switch
    {
        "<f4" => ReadSingleLittleEndian(bytes),
        "<f8" => ReadDoubleLittleEndian(bytes),
        "<f2" => (double)ReadHalfLittleEndian(bytes),
        "|i1" => (sbyte)bytes[0],
        "|u1" => bytes[0],
        "|b1" => bytes[0] == 0 ? 0 : 1,
        "<i2" => ReadInt16LittleEndian(bytes),
        "<u2" => ReadUInt16LittleEndian(bytes),
        "<i4" => ReadInt32LittleEndian(bytes),
        "<u4" => ReadUInt32LittleEndian(bytes),
        "<i8" => ReadInt64LittleEndian(bytes),
        _ => ReadUInt64LittleEndian(bytes),
    };
}
