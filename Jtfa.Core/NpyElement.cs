using static System.Buffers.Binary.BinaryPrimitives;

namespace Jtfa.Core;

/// <summary>An element type of the .npy format, little-endian.</summary>
/// <param name="Descr">Its name in the header.</param>
/// <param name="Bytes">Bytes an element.</param>
internal sealed record NpyElement(string Descr, int Bytes)
{
    /// <summary>float32.</summary>
    public static NpyElement Single { get; } = new("<f4", 4);

    private static readonly NpyElement[] s_known =
    [
        Single, new("<f8", 8), new("<f2", 2), new("|i1", 1), new("|u1", 1), new("|b1", 1),
        new("<i2", 2), new("<u2", 2), new("<i4", 4), new("<u4", 4), new("<i8", 8), new("<u8", 8),
    ];

    /// <summary>The element type of a name; null when it is not one of those read here.</summary>
    public static NpyElement? Find(string descr) => Array.Find(s_known, element => element.Descr == descr);

    /// <summary>The first element of some bytes.</summary>
    public double Read(ReadOnlySpan<byte> bytes) => Descr switch
    {
        "<f4" => ReadSingleLittleEndian(bytes),
        "<f8" => ReadDoubleLittleEndian(bytes),
        "<f2" => (double)ReadHalfLittleEndian(bytes),
        "|i1" => (sbyte)bytes[0],
        "|u1" or "|b1" => bytes[0],
        "<i2" => ReadInt16LittleEndian(bytes),
        "<u2" => ReadUInt16LittleEndian(bytes),
        "<i4" => ReadInt32LittleEndian(bytes),
        "<u4" => ReadUInt32LittleEndian(bytes),
        "<i8" => ReadInt64LittleEndian(bytes),
        _ => ReadUInt64LittleEndian(bytes),
    };
}
