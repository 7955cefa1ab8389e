using System.Buffers.Binary;
using System.Text;

namespace Jtfa.Core;

/// <summary>
/// numpy's .npy format, versions 1 to 3 (numpy.lib.format, "Format Version 1.0"). Reads floats of 16, 32 and 64 bits, integers of 8 to 64
/// bits and booleans, of either byte order, in C or Fortran order; writes float32.
/// </summary>
public static class Npy
{
    private const int MaxHeaderBytes = ushort.MaxValue;
    private const int HeaderAlignment = 64;
    private const int ChunkBytes = 1 << 16;

    // A compressed array may be a thousand times larger than its file; no head or projection is nearly as large as this.
    private const int MaxStreamedBytes = 1 << 28;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads one array; memory is taken only for data that the stream really holds.</summary>
    /// <param name="stream">Stands at the array's first byte; is left after its last.</param>
    /// <exception cref="InvalidDataException">The data are not a .npy array of a supported type, or end early.</exception>
    public static NpyArray Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var header = NpyHeader.Parse(ReadHeader(stream));
        var bytes = ReadData(stream, (int)header.DataBytes);
        if (header.BigEndian) SwapBytes(bytes, header.Element.Bytes);
        if (header.FortranOrder) bytes = ToCOrder(bytes, header.Element.Bytes, header.Shape);
        return new NpyArray(header.Element, header.Shape, bytes);
    }

    /// <summary>Writes single-precision values as one array.</summary>
    /// <param name="stream">Takes the array.</param>
    /// <param name="values">The elements in C order.</param>
    /// <param name="shape">Lengths of the dimensions; none for a scalar.</param>
    /// <exception cref="ArgumentException">The shape does not hold as many elements as there are values.</exception>
    public static void Write(Stream stream, ReadOnlySpan<float> values, params int[] shape) =>
        Write(stream, NpyArray.FromSingles(values, shape));

    /// <summary>Writes an array, in the element type that it has.</summary>
    public static void Write(Stream stream, NpyArray array)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(array);
        var literal = NpyHeader.Format(array.Element, array.Shape);
        var prefix = Magic.Length + 4;
        var padded = (prefix + literal.Length + HeaderAlignment) / HeaderAlignment * HeaderAlignment; // room for the newline at least
        var header = new byte[padded];
        Magic.CopyTo(header);
        header[Magic.Length] = 1; // version 1.0
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(Magic.Length + 2), (ushort)(padded - prefix));
        Encoding.ASCII.GetBytes(literal.PadRight(padded - prefix - 1) + '\n', header.AsSpan(prefix));
        stream.Write(header);
        stream.Write(array.Bytes);
    }

    private static byte[] ReadHeader(Stream stream)
    {
        Span<byte> start = stackalloc byte[Magic.Length + 2];
        ReadExactly(stream, start);
        if (!start.StartsWith(Magic)) throw NoArray(stream, start);
        var version = start[Magic.Length];
        if (version is < 1 or > 3) throw new InvalidDataException($"The .npy format version {version} is not supported.");
        Span<byte> size = stackalloc byte[sizeof(uint)];
        size.Clear();
        ReadExactly(stream, version == 1 ? size[..sizeof(ushort)] : size);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > MaxHeaderBytes) throw new InvalidDataException($"A .npy header of {length} bytes: allowed is up to {MaxHeaderBytes}.");
        var header = new byte[length];
        ReadExactly(stream, header);
        return header;
    }

    /// <summary>The buffer at most doubles what has really been read, so that a false shape costs no memory.</summary>
    private static byte[] ReadData(Stream stream, int length)
    {
        if (stream.CanSeek && stream.Length - stream.Position < length) throw EndsEarly();
        if (!stream.CanSeek && length > MaxStreamedBytes)
            throw new InvalidDataException($"A .npy array of {length} bytes in a stream: allowed is up to {MaxStreamedBytes}.");
        var bytes = new byte[stream.CanSeek ? length : Math.Min(length, ChunkBytes)];
        var read = 0;
        while (true)
        {
            ReadExactly(stream, bytes.AsSpan(read));
            read = bytes.Length;
            if (read == length) return bytes;
            Array.Resize(ref bytes, (int)Math.Min(length, 2L * read));
        }
    }

    private static void ReadExactly(Stream stream, Span<byte> bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw EndsEarly();
    }

    private static void SwapBytes(byte[] bytes, int elementBytes)
    {
        for (var at = 0; at < bytes.Length; at += elementBytes) bytes.AsSpan(at, elementBytes).Reverse();
    }

    private static byte[] ToCOrder(byte[] fortran, int elementBytes, int[] shape)
    {
        var ordered = new byte[fortran.Length];
        var index = new int[shape.Length]; // of the element in Fortran order: the first dimension runs fastest
        for (var from = 0; from < fortran.Length; from += elementBytes)
        {
            var to = 0;
            for (var k = 0; k < shape.Length; k++) to = (to * shape[k]) + index[k];
            fortran.AsSpan(from, elementBytes).CopyTo(ordered.AsSpan(to * elementBytes));
            for (var k = 0; k < shape.Length && ++index[k] == shape[k]; k++) index[k] = 0;
        }
        return ordered;
    }

    private static InvalidDataException NoArray(Stream stream, ReadOnlySpan<byte> start)
    {
        Span<byte> content = stackalloc byte[GitLfsPointer.StartBytes];
        start.CopyTo(content);
        var rest = content[start.Length..];
        stream.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false);
        return new InvalidDataException(
            GitLfsPointer.Begins(content) ? GitLfsPointer.Advice : "Not a .npy array: it does not begin with \\x93NUMPY.");
    }

    private static InvalidDataException EndsEarly() => new("The .npy data end before the array that the header describes.");
}
