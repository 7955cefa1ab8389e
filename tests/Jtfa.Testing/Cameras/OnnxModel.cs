using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtfa.Testing.Cameras;

/// <summary>
/// An ONNX file (onnx.proto3, opset 13) whose output "vector" is its input "image", number by number: what was packed comes out.
/// </summary>
internal sealed record OnnxModel
{
    /// <summary>The input's type.</summary>
    public TensorElementType Input { get; init; } = TensorElementType.Float;

    /// <summary>The output's type.</summary>
    public TensorElementType Output { get; init; } = TensorElementType.Float;

    /// <summary>The input's sizes, −1 for any; null: it declares none.</summary>
    public long[]? InputSizes { get; init; } = [1, 1, 3, 4];

    /// <summary>What the output is reshaped to.</summary>
    public long[] OutputSizes { get; init; } = [1, -1];

    /// <summary>Other inputs, which nothing uses.</summary>
    public string[] MoreInputs { get; init; } = [];

    /// <summary>What the image goes through first.</summary>
    public string Operator { get; init; } = "Identity";

    /// <summary>What the operator reads: the image, or the sizes of the output, which are integers.</summary>
    public string[] OperatorInputs { get; init; } = ["image"];

    /// <summary>The operator's attributes: one integer, or several.</summary>
    public (string Name, object Value)[] Attributes { get; init; } = [];

    public byte[] Bytes()
    {
        var graph = new Message()
            .Add(1, Node(Operator, OperatorInputs, "first", [.. Attributes.Select(named => Attribute(named.Name, named.Value))]))
            .Add(1, Node("Cast", ["first"], "cast", Attribute("to", (long)Output)))
            .Add(1, Node("Reshape", ["cast", "sizes"], "vector"))
            .Add(2, "graph")
            .Add(5, Sizes("sizes", OutputSizes))
            .Add(11, Value("image", Input, InputSizes));
        foreach (var name in MoreInputs) graph.Add(11, Value(name, TensorElementType.Float, [1]));
        graph.Add(12, Value("vector", Output, null));
        return new Message().Add(1, 8).Add(7, graph).Add(8, new Message().Add(2, 13)).ToArray();
    }

    private static Message Node(string type, string[] inputs, string output, params Message[] attributes)
    {
        var node = new Message();
        foreach (var input in inputs) node.Add(1, input);
        node.Add(2, output).Add(4, type);
        foreach (var attribute in attributes) node.Add(5, attribute);
        return node;
    }

    private static Message Attribute(string name, object value)
    {
        var attribute = new Message().Add(1, name);
        if (value is not long[] values) return attribute.Add(3, (long)value).Add(20, 2);
        foreach (var each in values) attribute.Add(8, each);
        return attribute.Add(20, 7);
    }

    private static Message Sizes(string name, long[] sizes)
    {
        var tensor = new Message().Add(1, sizes.Length).Add(2, (long)TensorElementType.Int64).Add(8, name);
        foreach (var size in sizes) tensor.Add(7, size);
        return tensor;
    }

    private static Message Value(string name, TensorElementType type, long[]? sizes)
    {
        var tensor = new Message().Add(1, (long)type);
        if (sizes is not null)
        {
            var shape = new Message();
            foreach (var size in sizes) shape.Add(1, size < 0 ? new Message().Add(2, "any") : new Message().Add(1, size));
            tensor.Add(2, shape);
        }

        return new Message().Add(1, name).Add(2, new Message().Add(1, tensor));
    }

    /// <summary>A protobuf message.</summary>
    private sealed class Message
    {
        private readonly MemoryStream _bytes = new();

        public Message Add(int field, long value)
        {
            Varint((ulong)field << 3);
            Varint((ulong)value);
            return this;
        }

        public Message Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

        public Message Add(int field, Message message) => Add(field, message.ToArray());

        public byte[] ToArray() => _bytes.ToArray();

        private Message Add(int field, byte[] bytes)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)bytes.Length);
            _bytes.Write(bytes);
            return this;
        }

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7) _bytes.WriteByte((byte)(value | 0x80));
            _bytes.WriteByte((byte)value);
        }
    }
}
