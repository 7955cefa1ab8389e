using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>From single precision to the numbers of a backbone's input or output and back.</summary>
internal abstract class ElementCast
{
    private static readonly Dictionary<TensorElementType, ElementCast> s_casts = new()
    {
        [TensorElementType.Float] = new ElementCast<float>(isWhole: false),
        [TensorElementType.Float16] = new ElementCast<Half>(isWhole: false),
        [TensorElementType.Double] = new ElementCast<double>(isWhole: false),
        [TensorElementType.UInt8] = new ElementCast<byte>(isWhole: true),
        [TensorElementType.Int8] = new ElementCast<sbyte>(isWhole: true),
        [TensorElementType.UInt16] = new ElementCast<ushort>(isWhole: true),
        [TensorElementType.Int16] = new ElementCast<short>(isWhole: true),
        [TensorElementType.UInt32] = new ElementCast<uint>(isWhole: true),
        [TensorElementType.Int32] = new ElementCast<int>(isWhole: true),
        [TensorElementType.UInt64] = new ElementCast<ulong>(isWhole: true),
        [TensorElementType.Int64] = new ElementCast<long>(isWhole: true),
    };

    /// <summary>The types that have a cast, for messages.</summary>
    public static string Known => string.Join(", ", s_casts.Keys);

    /// <summary>Whether the numbers are integers.</summary>
    public abstract bool IsWhole { get; }

    /// <summary>The cast of a type; null when there is none, as for text.</summary>
    public static ElementCast? Find(TensorElementType type) => s_casts.GetValueOrDefault(type);

    /// <summary>Writes numbers as the type's elements: to the nearest integer, and what is beyond the type as its end.</summary>
    public abstract void Write(ReadOnlySpan<float> values, Span<byte> elements);

    /// <summary>Reads the type's elements.</summary>
    public abstract void Read(ReadOnlySpan<byte> elements, Span<float> values);

    /// <summary>What a number becomes.</summary>
    public abstract double Cast(double value);
}

/// <summary>The cast of one type.</summary>
internal sealed class ElementCast<T>(bool isWhole) : ElementCast
    where T : unmanaged, INumber<T>
{
    public override bool IsWhole => isWhole;

    public override void Write(ReadOnlySpan<float> values, Span<byte> elements)
    {
        var typed = MemoryMarshal.Cast<byte, T>(elements);
        for (var i = 0; i < values.Length; i++) typed[i] = T.CreateSaturating(isWhole ? MathF.Round(values[i]) : values[i]);
    }

    public override void Read(ReadOnlySpan<byte> elements, Span<float> values)
    {
        var typed = MemoryMarshal.Cast<byte, T>(elements);
        for (var i = 0; i < values.Length; i++) values[i] = float.CreateSaturating(typed[i]);
    }

    public override double Cast(double value) => double.CreateSaturating(T.CreateSaturating(isWhole ? Math.Round(value) : value));
}
