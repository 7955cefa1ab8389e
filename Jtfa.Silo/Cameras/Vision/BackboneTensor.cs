using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// An input or output of a backbone: single precision here, the model's own type for ONNX Runtime. Where the model's is single precision,
/// too, the runtime works on <see cref="Values"/> itself, which is pinned, and nothing is copied.
/// </summary>
internal sealed class BackboneTensor : IDisposable
{
    private readonly ElementCast? _cast;

    /// <summary>A tensor of zeros.</summary>
    /// <param name="format">Type and size.</param>
    public BackboneTensor(TensorFormat format)
    {
        Values = new float[format.Length];
        var isSingle = format.Type == TensorElementType.Float;
        _cast = isSingle ? null : format.Cast;
        Value = isSingle
            ? OrtValue.CreateTensorValueFromMemory(Values, format.Dimensions)
            : OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, format.Type, format.Dimensions);
    }

    /// <summary>The numbers.</summary>
    public float[] Values { get; }

    /// <summary>What ONNX Runtime reads and writes.</summary>
    public OrtValue Value { get; }

    /// <summary>Takes <see cref="Values"/> over into <see cref="Value"/>.</summary>
    public void Write() => _cast?.Write(Values, Value.GetTensorMutableRawData());

    /// <summary>Takes <see cref="Value"/> over into <see cref="Values"/>.</summary>
    public void Read() => _cast?.Read(Value.GetTensorMutableRawData(), Values);

    /// <inheritdoc/>
    public void Dispose() => Value.Dispose();
}

/// <summary>Type and size of a backbone's input or output.</summary>
/// <param name="Type">The element type.</param>
/// <param name="Cast">Its cast.</param>
/// <param name="Dimensions">The size.</param>
internal sealed record TensorFormat(TensorElementType Type, ElementCast Cast, long[] Dimensions)
{
    /// <summary>Number of elements.</summary>
    public int Length => (int)Dimensions.Aggregate(1L, (product, size) => product * size);
}
