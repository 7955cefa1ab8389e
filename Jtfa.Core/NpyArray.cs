using System.Buffers.Binary;

namespace Jtfa.Core;

/// <summary>An array as numpy stores it: a shape and its elements in C order.</summary>
public sealed class NpyArray
{
    private readonly byte[] _bytes;

    internal NpyArray(NpyElement element, int[] shape, byte[] bytes)
    {
        Element = element;
        Shape = shape;
        _bytes = bytes;
    }

    /// <summary>Lengths of the dimensions, outermost first; empty for a scalar.</summary>
    public int[] Shape { get; }

    /// <summary>Elements: the product of <see cref="Shape"/>.</summary>
    public int Length => _bytes.Length / Element.Bytes;

    internal NpyElement Element { get; }

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>An array of single-precision elements.</summary>
    /// <param name="values">The elements in C order; copied.</param>
    /// <param name="shape">Lengths of the dimensions; none for a scalar.</param>
    /// <exception cref="ArgumentException">The shape does not hold as many elements as there are values.</exception>
    public static NpyArray FromSingles(ReadOnlySpan<float> values, params int[] shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var count = 1L;
        foreach (var length in shape) count = length < 0 ? -1 : count * length;
        if (count != values.Length)
            throw new ArgumentException($"Shape {ShapeText(shape)} does not hold {values.Length} values.", nameof(shape));
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return new NpyArray(NpyElement.Single, [.. shape], bytes);
    }

    /// <summary>All elements in C order, converted to single precision.</summary>
    public float[] ToSingles()
    {
        var values = new float[Length];
        for (var i = 0; i < values.Length; i++) values[i] = (float)this[i];
        return values;
    }

    /// <summary>All elements in C order, converted to double precision (64-bit integers are rounded).</summary>
    public double[] ToDoubles()
    {
        var values = new double[Length];
        for (var i = 0; i < values.Length; i++) values[i] = this[i];
        return values;
    }

    /// <summary>The shape as numpy prints it: (10, 16).</summary>
    public string ShapeText() => ShapeText(Shape);

    internal static string ShapeText(int[] shape) => shape.Length == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape)})";

    private double this[int index] => Element.Read(_bytes.AsSpan(index * Element.Bytes));
}
