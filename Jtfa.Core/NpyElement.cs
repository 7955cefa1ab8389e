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
    private static readonly Dictionary<string, string> s_aliases = new(StringComparer.Ordinal)
    {
        ["?"] = "b1", ["bool"] = "b1", ["bool_"] = "b1",
        ["b"] = "i1", ["byte"] = "i1", ["int8"] = "i1", ["B"] = "u1", ["ubyte"] = "u1", ["uint8"] = "u1",
        ["h"] = "i2", ["short"] = "i2", ["int16"] = "i2", ["H"] = "u2", ["ushort"] = "u2", ["uint16"] = "u2",
        ["i"] = "i4", ["intc"] = "i4", ["int32"] = "i4", ["I"] = "u4", ["uintc"] = "u4", ["uint32"] = "u4",
        ["l"] = "i8", ["q"] = "i8", ["p"] = "i8", ["int"] = "i8", ["long"] = "i8", ["longlong"] = "i8", ["intp"] = "i8", ["int64"] = "i8",
        ["L"] = "u8", ["Q"] = "u8", ["P"] = "u8", ["uint"] = "u8", ["ulong"] = "u8", ["ulonglong"] = "u8", ["uintp"] = "u8",
        ["uint64"] = "u8", ["e"] = "f2", ["half"] = "f2", ["float16"] = "f2", ["f"] = "f4", ["single"] = "f4", ["float32"] = "f4",
        ["d"] = "f8", ["double"] = "f8", ["float"] = "f8", ["float64"] = "f8",
    };

    /// <summary>The element type of a name, as numpy.dtype reads it; null when it is not one of those read here.</summary>
    /// <param name="descr">Such as <c>&lt;f4</c>, <c>&gt;i8</c>, <c>|b1</c>, <c>float32</c>.</param>
    public static NpyElement? Find(string descr)
    {
        var name = descr.Length > 0 && Orders.Contains(descr[0]) ? descr[1..] : descr;
        var code = s_aliases.GetValueOrDefault(name, name);
        return Array.Find(s_known, element => element.Descr.AsSpan(1).SequenceEqual(code));
    }

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
