using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Files;

/// <summary>What a GGUF file says of itself, checked: all that it names lies within the file, and no two tensors overlap.</summary>
/// <param name="Version">2 or 3.</param>
/// <param name="Metadata">Keys and values.</param>
/// <param name="Tensors">In the file's order.</param>
/// <param name="DataStart">Where the tensors' data begins, in bytes of the file.</param>
/// <remarks>The format: github.com/ggml-org/ggml, docs/gguf.md.</remarks>
public sealed record GgufHeader(int Version, GgufMetadata Metadata, IReadOnlyList<GgufTensor> Tensors, long DataStart)
{
    /// <summary>The first four bytes.</summary>
    public static ReadOnlySpan<byte> Magic => "GGUF"u8;

    /// <summary>The alignment of tensors where the file names none.</summary>
    public const int DefaultAlignment = 32;

    /// <summary>The key of another alignment.</summary>
    public const string AlignmentKey = "general.alignment";

    private const int MaxDimensions = 4;
    private const int MaxNameBytes = 1024;
    private const int LeastValueBytes = 8 + 4 + 1;
    private const int LeastTensorBytes = 8 + 4 + 8 + 4 + 8;

    /// <summary>Reads the head of a file.</summary>
    /// <param name="file">The file, for messages.</param>
    /// <param name="start">Its begin: all of it, or up to 2 GiB.</param>
    /// <param name="length">Its length.</param>
    /// <exception cref="ModelFileException">It is no such file, or damaged.</exception>
    public static GgufHeader Parse(string file, ReadOnlySpan<byte> start, long length)
    {
        var cursor = new GgufCursor(file, start);
        var version = ParseVersion(file, ref cursor);
        var tensorCount = cursor.Count("tensors", LeastTensorBytes);
        var valueCount = cursor.Count("metadata values", LeastValueBytes);
        var metadata = new GgufMetadata(file);
        for (var i = 0; i < valueCount; i++)
        {
            var key = Name(file, ref cursor, $"key {i}");
            var type = (GgufValueType)cursor.UInt32($"the type of {key}");
            if (!metadata.TryAdd(key, Value(file, ref cursor, type, key)))
                throw new ModelFileException(file, $"the key {key} is there twice: convert the model again");
        }

        var alignment = metadata.WholeNumber(AlignmentKey, 1, 1 << 20, DefaultAlignment);
        if (!BitOperations.IsPow2(alignment))
            throw new ModelFileException(file, $"{AlignmentKey}={alignment}: allowed are powers of two");
        var tensors = new List<GgufTensor>(tensorCount);
        for (var i = 0; i < tensorCount; i++) tensors.Add(Tensor(file, ref cursor, i, alignment));
        var dataStart = ((long)cursor.Position + alignment - 1) / alignment * alignment;
        CheckPlaces(file, tensors, length - dataStart);
        return new GgufHeader(version, metadata, tensors, dataStart);
    }

    private static int ParseVersion(string file, ref GgufCursor cursor)
    {
        if (!cursor.Take((ulong)Math.Min(Magic.Length, cursor.Left), "the magic number").SequenceEqual(Magic))
            throw new ModelFileException(file, "it is no GGUF file: name one, or convert the model");
        var version = cursor.UInt32("the version");
        return version switch
        {
            2 or 3 => (int)version,
            _ when (version & 0xffff) == 0 => throw new ModelFileException(
                file, "it is a big-endian GGUF file: convert it to a little-endian one"),
            _ => throw new ModelFileException(file, $"it has version {version} of GGUF, known are 2 and 3: convert it again"),
        };
    }

    private static string Name(string file, ref GgufCursor cursor, string what)
    {
        var name = cursor.String($"the name of {what}");
        return name.Length is > 0 and <= MaxNameBytes
            ? name
            : throw new ModelFileException(file, $"the name of {what} has {name.Length} characters, allowed is 1 … {MaxNameBytes}");
    }

    private static object Value(string file, ref GgufCursor cursor, GgufValueType type, string key)
    {
        if (type != GgufValueType.Array) return Scalar(file, ref cursor, type, key);
        var element = (GgufValueType)cursor.UInt32($"the type of {key}'s elements");
        var count = cursor.Count($"elements of {key}", Size(file, element, key));
        switch (element)
        {
            case GgufValueType.String:
                var strings = new string[count];
                for (var i = 0; i < count; i++) strings[i] = cursor.String($"{key}[{i}]");
                return strings;
            case GgufValueType.UInt8: return Numbers<byte>(ref cursor, count, key);
            case GgufValueType.Int8: return Numbers<sbyte>(ref cursor, count, key);
            case GgufValueType.UInt16: return Numbers<ushort>(ref cursor, count, key);
            case GgufValueType.Int16: return Numbers<short>(ref cursor, count, key);
            case GgufValueType.UInt32: return Numbers<uint>(ref cursor, count, key);
            case GgufValueType.Int32: return Numbers<int>(ref cursor, count, key);
            case GgufValueType.Float32: return Numbers<float>(ref cursor, count, key);
            case GgufValueType.UInt64: return Numbers<ulong>(ref cursor, count, key);
            case GgufValueType.Int64: return Numbers<long>(ref cursor, count, key);
            case GgufValueType.Float64: return Numbers<double>(ref cursor, count, key);
            default:
                var flags = new bool[count];
                for (var i = 0; i < count; i++) flags[i] = (bool)Scalar(file, ref cursor, GgufValueType.Bool, key);
                return flags;
        }
    }

    private static T[] Numbers<T>(ref GgufCursor cursor, int count, string key)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(cursor.Take((ulong)count * (ulong)Marshal.SizeOf<T>(), key)).ToArray();

    private static object Scalar(string file, ref GgufCursor cursor, GgufValueType type, string key)
    {
        if (type == GgufValueType.String) return cursor.String(key);
        var bytes = cursor.Take((ulong)Size(file, type, key), key);
        return type switch
        {
            GgufValueType.UInt8 => bytes[0],
            GgufValueType.Int8 => (sbyte)bytes[0],
            GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            GgufValueType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            GgufValueType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            GgufValueType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            GgufValueType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            GgufValueType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            _ => bytes[0] <= 1
                ? bytes[0] == 1
                : throw new ModelFileException(file, $"{key} is {bytes[0]}, of a type that allows 0 and 1: it is damaged, get it again"),
        };
    }

    private static int Size(string file, GgufValueType type, string key) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 or GgufValueType.String => 8,
        GgufValueType.Array => throw new ModelFileException(file, $"{key} has arrays in an array, which no model needs: convert it again"),
        _ => throw new ModelFileException(file, $"{key} has the type {(uint)type}, known are 0 … 12: it is damaged, get it again"),
    };

    private static GgufTensor Tensor(string file, ref GgufCursor cursor, int number, int alignment)
    {
        var name = Name(file, ref cursor, $"tensor {number}");
        var dimensions = cursor.UInt32($"the dimensions of {name}");
        if (dimensions is < 1 or > MaxDimensions)
            throw new ModelFileException(file, $"tensor {name} has {dimensions} dimensions, allowed is 1 … {MaxDimensions}");
        var shape = new long[dimensions];
        var elements = 1L;
        for (var i = 0; i < shape.Length; i++)
        {
            var size = cursor.UInt64($"the shape of {name}");

            // A number takes at least a bit, and a file has at most 2^63 bytes.
            if (size is 0 or > long.MaxValue || Math.BigMul((ulong)elements, size, out var product) != 0 || product > long.MaxValue / 8)
                throw new ModelFileException(file, $"tensor {name} has a size of {size}, which no file holds: it is damaged, get it again");
            (shape[i], elements) = ((long)size, (long)product);
        }

        var type = cursor.UInt32($"the type of {name}");
        if (WeightFormat.Find(type) is not { } format)
            throw new ModelFileException(file, $"tensor {name} has the type {WeightFormat.NameOf(type)}, known are {WeightFormat.Known}");
        if (shape[0] % format.BlockLength != 0)
        {
            throw new ModelFileException(
                file, $"tensor {name} has rows of {shape[0]} numbers, {format.Name} stores blocks of {format.BlockLength}");
        }

        var offset = cursor.UInt64($"the offset of {name}");
        return offset <= long.MaxValue && offset % (ulong)alignment == 0
            ? new GgufTensor(name, format, shape, (long)offset)
            : throw new ModelFileException(file, $"tensor {name} is at byte {offset} of the data, expected is a multiple of {alignment}");
    }

    private static void CheckPlaces(string file, List<GgufTensor> tensors, long dataBytes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (tensors.Find(tensor => !names.Add(tensor.Name)) is { } twin)
            throw new ModelFileException(file, $"tensor {twin.Name} is there twice: convert the model again");
        var (end, before) = (0L, "");
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Offset))
        {
            if (tensor.Offset < end)
                throw new ModelFileException(file, $"tensors {before} and {tensor.Name} overlap: it is damaged, get it again");
            if (tensor.Bytes > dataBytes - tensor.Offset)
            {
                var missing = tensor.Bytes - (dataBytes - tensor.Offset);
                throw new ModelFileException(
                    file, $"tensor {tensor.Name} ends {missing} bytes beyond the file: it is cut off, get it again");
            }

            (end, before) = (tensor.Offset + tensor.Bytes, tensor.Name);
        }
    }
}
