using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Jtfa.Core;

namespace Jtfa.Experiments.Vectors;

/// <summary>
/// The header of one datagram of a vector: a vector of d numbers is cut into chunks of <see cref="MaxDatagramBytes"/> at most, each with
/// as many numbers as fit, the last with the rest. Little-endian: <c>JTFV</c>, version, what, format, a zero (a byte each), view, label
/// (int32), moment (int64), timestamp, scale (float64), d, chunk, chunks (uint16); then the numbers.
/// </summary>
/// <param name="What">Which vector it is.</param>
/// <param name="Format">How its numbers are sent.</param>
/// <param name="View">Who sends it, 0 or more.</param>
/// <param name="Moment">The number of its tick, as packets' did.</param>
/// <param name="Timestamp">When its frame was taken, seconds since 1970.</param>
/// <param name="Label">Ground truth; −1 unknown.</param>
/// <param name="Scale">Of int8: a number is about q·scale; above 0, at most <see cref="TokenCodec.MaxScale"/>. Of fp32: 1.</param>
/// <param name="Dimension">d, the whole vector's length, 1 … <see cref="TokenPacket.MaxDimension"/>.</param>
/// <param name="Index">Which chunk, from 0.</param>
public readonly record struct VectorChunk(
    VectorKind What, VectorFormat Format, int View, long Moment, double Timestamp, int Label, double Scale, int Dimension, int Index)
{
    /// <summary>The longest datagram, bytes of UDP payload: with its headers it fits an Ethernet frame.</summary>
    public const int MaxDatagramBytes = 1400;

    /// <summary>Bytes before the numbers.</summary>
    public const int HeaderBytes = 46;

    private const int NumbersBytes = MaxDatagramBytes - HeaderBytes;
    private const byte Version = 1;

    /// <summary>The name that tells the four ways of sending apart: <c>penultimate-int8</c>, …, <c>feature-map-fp32</c>.</summary>
    public string Name => NameOf(What, Format);

    /// <summary>Chunks of the whole vector.</summary>
    public int Count => ((Dimension - 1) / PerChunk) + 1;

    /// <summary>Numbers in this chunk.</summary>
    public int Numbers => Math.Min(PerChunk, Dimension - Begin);

    /// <summary>Where its numbers begin in the vector.</summary>
    public int Begin => Index * PerChunk;

    /// <summary>Bytes of a number.</summary>
    private int Width => Format == VectorFormat.Int8 ? sizeof(sbyte) : sizeof(float);

    private int PerChunk => NumbersBytes / Width;

    private static ReadOnlySpan<byte> Magic => "JTFV"u8;

    /// <summary>See <see cref="Name"/>.</summary>
    public static string NameOf(VectorKind what, VectorFormat format) =>
        $"{(what == VectorKind.Penultimate ? "penultimate" : "feature-map")}-{(format == VectorFormat.Int8 ? "int8" : "fp32")}";

    /// <summary>Writes the datagram.</summary>
    /// <param name="numbers">This chunk's, as they are sent: <see cref="Numbers"/> × 1 byte (int8) or 4 (fp32).</param>
    /// <param name="destination">Takes it; <see cref="MaxDatagramBytes"/> always suffice.</param>
    /// <returns>Its length.</returns>
    /// <exception cref="ArgumentException">A field is outside its range, or the numbers are not as many.</exception>
    public int Write(ReadOnlySpan<byte> numbers, Span<byte> destination)
    {
        if (!IsValid || numbers.Length != Numbers * Width)
            throw new ArgumentException($"{this} with {numbers.Length} bytes of numbers is no chunk of a vector.");
        destination[..HeaderBytes].Clear();
        Magic.CopyTo(destination);
        (destination[4], destination[5], destination[6]) = (Version, (byte)What, (byte)Format);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], View);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], Label);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Moment);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[24..], Timestamp);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[32..], Scale);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[40..], (ushort)Dimension);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[42..], (ushort)Index);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[44..], (ushort)Count);
        numbers.CopyTo(destination[HeaderBytes..]);
        return HeaderBytes + numbers.Length;
    }

    /// <summary>Reads a datagram, whoever sent it. Never throws, allocates nothing.</summary>
    /// <param name="datagram">Its bytes.</param>
    /// <param name="chunk">Its header.</param>
    /// <param name="numbers">Its numbers, a view into the datagram.</param>
    /// <returns>Whether it is a chunk of a vector: all fields in their ranges, all numbers there and finite, and nothing behind
    /// them.</returns>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out VectorChunk chunk, out ReadOnlySpan<byte> numbers)
    {
        chunk = default;
        numbers = default;
        if (datagram.Length is <= HeaderBytes or > MaxDatagramBytes || !datagram.StartsWith(Magic)) return false;
        if (datagram[4] != Version || datagram[7] != 0) return false;
        var read = new VectorChunk(
            (VectorKind)datagram[5],
            (VectorFormat)datagram[6],
            BinaryPrimitives.ReadInt32LittleEndian(datagram[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(datagram[16..]),
            BinaryPrimitives.ReadDoubleLittleEndian(datagram[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(datagram[12..]),
            BinaryPrimitives.ReadDoubleLittleEndian(datagram[32..]),
            BinaryPrimitives.ReadUInt16LittleEndian(datagram[40..]),
            BinaryPrimitives.ReadUInt16LittleEndian(datagram[42..]));
        var rest = datagram[HeaderBytes..];
        if (!read.IsValid || read.Count != BinaryPrimitives.ReadUInt16LittleEndian(datagram[44..])) return false;
        if (rest.Length != read.Numbers * read.Width) return false;
        if (read.Format == VectorFormat.Fp32 && !AreFinite(rest)) return false;
        chunk = read;
        numbers = rest;
        return true;
    }

    /// <summary>Turns a whole vector's numbers back.</summary>
    /// <param name="numbers">Of all chunks, in order: d × 1 byte (int8) or 4 (fp32).</param>
    /// <param name="vector">Takes d.</param>
    public void Decode(ReadOnlySpan<byte> numbers, Span<float> vector)
    {
        if (Format == VectorFormat.Int8)
        {
            TokenCodec.Decode(MemoryMarshal.Cast<byte, sbyte>(numbers), TokenEncoding.Plain, 0, Scale, vector);
            return;
        }

        for (var i = 0; i < vector.Length; i++) vector[i] = BinaryPrimitives.ReadSingleLittleEndian(numbers[(i * sizeof(float))..]);
    }

    private bool IsValid => What <= VectorKind.FeatureMap && Format <= VectorFormat.Fp32 && View >= 0 && Label >= -1
        && double.IsFinite(Timestamp) && (Format == VectorFormat.Int8 ? Scale is > 0 and <= TokenCodec.MaxScale : Scale == 1)
        && Dimension is >= 1 and <= TokenPacket.MaxDimension && Index >= 0 && Index < Count;

    private static bool AreFinite(ReadOnlySpan<byte> numbers)
    {
        for (; numbers.Length > 0; numbers = numbers[sizeof(float)..])
        {
            if (!float.IsFinite(BinaryPrimitives.ReadSingleLittleEndian(numbers))) return false;
        }

        return true;
    }
}
