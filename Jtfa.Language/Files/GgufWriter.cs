using System.Text;

namespace Jtfa.Language.Files;

/// <summary>Writes GGUF files of version 3.</summary>
public static class GgufWriter
{
    /// <summary>A tensor to write.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Format">How its numbers are stored.</param>
    /// <param name="Shape">Its sizes, the fastest first.</param>
    /// <param name="Write">Writes all of its bytes.</param>
    public sealed record Tensor(string Name, Weights.WeightFormat Format, IReadOnlyList<long> Shape, Action<Stream> Write);

    /// <summary>Writes a file.</summary>
    /// <param name="stream">Takes it; has to tell its position.</param>
    /// <param name="metadata">Keys and values, of the types of <see cref="GgufMetadata"/>.</param>
    /// <param name="tensors">Tensors, in the order that they are to have.</param>
    /// <exception cref="ArgumentException">A value is of another type, or a tensor wrote another number of bytes than it takes.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, object>> metadata, IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        var values = metadata.ToList();
        var alignment = (long)GgufHeader.DefaultAlignment;
        if (values.Find(value => value.Key == GgufHeader.AlignmentKey).Value is { } other) alignment = Convert.ToInt64(other, null);
        var start = stream.Position;
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(GgufHeader.Magic);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)values.Count);
        foreach (var (key, value) in values)
        {
            WriteString(writer, key);
            WriteValue(writer, key, value);
        }

        var offset = 0L;
        foreach (var tensor in tensors)
        {
            WriteString(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Count);
            foreach (var size in tensor.Shape) writer.Write((ulong)size);
            writer.Write(tensor.Format.Id);
            writer.Write((ulong)offset);
            offset = Aligned(offset + BytesOf(tensor), alignment);
        }

        foreach (var tensor in tensors)
        {
            Pad(writer, start, alignment);
            writer.Flush();
            var before = stream.Position;
            tensor.Write(stream);
            if (stream.Position - before != BytesOf(tensor))
            {
                throw new ArgumentException(
                    $"tensor {tensor.Name} wrote {stream.Position - before} bytes, it takes {BytesOf(tensor)}", nameof(tensors));
            }
        }

        Pad(writer, start, alignment);
    }

    private static long BytesOf(Tensor tensor) => new GgufTensor(tensor.Name, tensor.Format, tensor.Shape, 0).Bytes;

    private static long Aligned(long position, long alignment) => (position + alignment - 1) / alignment * alignment;

    private static void Pad(BinaryWriter writer, long start, long alignment)
    {
        writer.Flush();
        var length = writer.BaseStream.Position - start;
        for (var missing = Aligned(length, alignment) - length; missing > 0; missing--) writer.Write((byte)0);
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteValue(BinaryWriter writer, string key, object value)
    {
        if (value is not Array array)
        {
            writer.Write((uint)TypeOf(key, value.GetType()));
            WriteScalar(writer, value);
            return;
        }

        writer.Write((uint)GgufValueType.Array);
        writer.Write((uint)TypeOf(key, array.GetType().GetElementType()!));
        writer.Write((ulong)array.Length);
        foreach (var element in array) WriteScalar(writer, element);
    }

    private static GgufValueType TypeOf(string key, Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => GgufValueType.UInt8,
        TypeCode.SByte => GgufValueType.Int8,
        TypeCode.UInt16 => GgufValueType.UInt16,
        TypeCode.Int16 => GgufValueType.Int16,
        TypeCode.UInt32 => GgufValueType.UInt32,
        TypeCode.Int32 => GgufValueType.Int32,
        TypeCode.Single => GgufValueType.Float32,
        TypeCode.Boolean => GgufValueType.Bool,
        TypeCode.String => GgufValueType.String,
        TypeCode.UInt64 => GgufValueType.UInt64,
        TypeCode.Int64 => GgufValueType.Int64,
        TypeCode.Double => GgufValueType.Float64,
        _ => throw new ArgumentException($"the key {key} has a value of type {type.Name}, which GGUF does not know"),
    };

    private static void WriteScalar(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte number: writer.Write(number); break;
            case sbyte number: writer.Write(number); break;
            case ushort number: writer.Write(number); break;
            case short number: writer.Write(number); break;
            case uint number: writer.Write(number); break;
            case int number: writer.Write(number); break;
            case float number: writer.Write(number); break;
            case bool flag: writer.Write(flag); break;
            case string text: WriteString(writer, text); break;
            case ulong number: writer.Write(number); break;
            case long number: writer.Write(number); break;
            default: writer.Write((double)value); break;
        }
    }
}
