using Jtfa.Language.Weights;

namespace Jtfa.Language.Files;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Format">How its numbers are stored.</param>
/// <param name="Shape">Its sizes, the fastest first: a matrix of r rows of c numbers is (c, r).</param>
/// <param name="Offset">Where its bytes begin, from the begin of the file's data.</param>
public sealed record GgufTensor(string Name, WeightFormat Format, IReadOnlyList<long> Shape, long Offset)
{
    /// <summary>The first column, where this is some columns of a tensor of the file; see <see cref="Cut"/>.</summary>
    public long FirstColumn { get; private init; }

    /// <summary>The columns that the file has of each row, where this is some of them; else null.</summary>
    public long? StoredColumns { get; private init; }

    /// <summary>The numbers of a row.</summary>
    public long Columns => Shape[0];

    /// <summary>All rows, of all further dimensions.</summary>
    public long Rows => Shape.Skip(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>All numbers.</summary>
    public long Elements => Columns * Rows;

    /// <summary>Bytes of a row.</summary>
    public long RowBytes => Format.BytesOf(Columns);

    /// <summary>Bytes from a row to the next in the file.</summary>
    public long StoredRowBytes => Format.BytesOf(StoredColumns ?? Columns);

    /// <summary>Bytes of all rows, which lie behind one another unless this is <see cref="Cut"/>.</summary>
    public long Bytes => RowBytes * Rows;

    /// <summary>Some columns of a matrix, whose rows are read one at a time.</summary>
    /// <param name="first">The first column.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentException">They are not whole blocks of the format, or not of the matrix.</exception>
    public GgufTensor Cut(long first, long count)
    {
        if (first == 0 && count == Columns) return this;
        if (first < 0 || count < 1 || first + count > Columns || first % Format.BlockLength != 0 || count % Format.BlockLength != 0)
        {
            throw new ArgumentException(
                $"columns {first} to {first + count - 1} of {this}: allowed are whole blocks of {Format.BlockLength} columns");
        }

        return this with
        {
            Shape = [count, .. Shape.Skip(1)],
            FirstColumn = FirstColumn + first,
            StoredColumns = StoredColumns ?? Columns,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Format.Name} ({string.Join(", ", Shape)})";
}
