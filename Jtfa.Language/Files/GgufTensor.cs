using Jtfa.Language.Weights;

namespace Jtfa.Language.Files;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Format">How its numbers are stored.</param>
/// <param name="Shape">Its sizes, the fastest first: a matrix of r rows of c numbers is (c, r).</param>
/// <param name="Offset">Where its bytes begin, from the begin of the file's data.</param>
public sealed record GgufTensor(string Name, WeightFormat Format, IReadOnlyList<long> Shape, long Offset)
{
    /// <summary>The numbers of a row.</summary>
    public long Columns => Shape[0];

    /// <summary>All rows, of all further dimensions.</summary>
    public long Rows => Shape.Skip(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>All numbers.</summary>
    public long Elements => Columns * Rows;

    /// <summary>Bytes of a row.</summary>
    public long RowBytes => Format.BytesOf(Columns);

    /// <summary>Bytes of all rows, which lie behind one another.</summary>
    public long Bytes => RowBytes * Rows;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Format.Name} ({string.Join(", ", Shape)})";
}
