namespace Jtfa.Core;

/// <summary>The arrays of a head's .npz file, with faults that name file, array and expected shape.</summary>
internal sealed class HeadFile(string path)
{
    private readonly IReadOnlyDictionary<string, NpyArray> _arrays = Npz.Read(path, "W", "b", "w", "gamma", "beta", "max_norm");

    /// <summary>A required matrix, row-major: 1 row or more, 1 … <see cref="TokenPacket.MaxDimension"/> columns.</summary>
    public (float[] Values, int Rows, int Columns) Matrix(string name, string expected)
    {
        if (!_arrays.TryGetValue(name, out var array)) throw Missing(name, expected);
        if (array.Shape is not [>= 1, >= 1 and <= TokenPacket.MaxDimension]) throw Misshapen(name, array, expected);
        return (array.ToSingles(), array.Shape[0], array.Shape[1]);
    }

    /// <summary>A vector of a known length; null when absent.</summary>
    public float[]? Vector(string name, int length)
    {
        if (!_arrays.TryGetValue(name, out var array)) return null;
        if (array.Shape.Length != 1 || array.Length != length) throw Misshapen(name, array, $"({length},)");
        return array.ToSingles();
    }

    /// <summary>A scalar, stored as () or (1,); null when absent.</summary>
    public double? Scalar(string name)
    {
        if (!_arrays.TryGetValue(name, out var array)) return null;
        if (array.Shape.Length > 1 || array.Length != 1) throw Misshapen(name, array, "() or (1,)");
        return array.ToDoubles()[0];
    }

    public InvalidDataException Missing(string name, string expected) =>
        new($"{path}: array {name} is missing; expected shape {expected}.");

    private InvalidDataException Misshapen(string name, NpyArray array, string expected) =>
        new($"{path}: array {name} has shape {array.ShapeText()}; expected {expected}.");
}
