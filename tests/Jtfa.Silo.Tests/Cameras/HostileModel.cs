using Jtfa.Testing.Cameras;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>ONNX files that are well-formed, and whose types, sizes and operators do not fit each other.</summary>
internal static class HostileModel
{
    private static readonly string[] s_operators =
    [
        "ArgMax", "AveragePool", "Compress", "Concat", "ConstantOfShape", "Conv", "DepthToSpace", "Einsum", "Expand", "Flatten", "Gather",
        "GatherND", "Gemm", "GRU", "Identity", "If", "Loop", "LSTM", "MatMul", "MaxPool", "NonZero", "OneHot", "Pad", "Range", "ReduceSum",
        "Reshape", "Resize", "Scan", "ScatterND", "Slice", "Softmax", "SpaceToDepth", "Split", "Squeeze", "Tile", "TopK", "Transpose",
        "Unsqueeze", "Upsample", "NoSuchOperator",
    ];

    private static readonly string[] s_attributes =
    [
        "axis", "axes", "perm", "kernel_shape", "pads", "strides", "dilations", "group", "blocksize", "to", "split",
        "hidden_size", "keepdims",
    ];

    private static readonly long[] s_sizes =
        [long.MinValue, -1L << 31, -2, -1, 0, 1, 2, 3, 4, 12, 1000, 1 << 20, 1L << 31, 1L << 33, 1L << 62, long.MaxValue];

    /// <summary>One file; the same number gives the same.</summary>
    public static OnnxModel Of(int number)
    {
        var random = new Random(number);
        return new OnnxModel
        {
            Input = random.Next(3) == 0 ? (TensorElementType)random.Next(24) : TensorElementType.Float,
            Output = random.Next(3) == 0 ? (TensorElementType)random.Next(24) : TensorElementType.Float,
            InputSizes = random.Next(4) switch { 0 => null, 1 => Sizes(random), _ => [1, 1, 3, 4] },
            OutputSizes = random.Next(2) == 0 ? [1, -1] : Sizes(random),
            Operator = s_operators[random.Next(s_operators.Length)],
            OperatorInputs = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(2) == 0 ? "image" : "sizes")],
            Attributes = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Attribute(random))],
        };
    }

    private static (string Name, object Value) Attribute(Random random)
    {
        object value = random.Next(2) == 0 ? s_sizes[random.Next(s_sizes.Length)] : Sizes(random);
        return (s_attributes[random.Next(s_attributes.Length)], value);
    }

    private static long[] Sizes(Random random) =>
        [.. Enumerable.Range(0, random.Next(6)).Select(_ => s_sizes[random.Next(s_sizes.Length)])];
}
