using Jtfa.Language.Files;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>Takes tensors out of a model's file, checked for the sizes that the model has.</summary>
/// <param name="file">The file.</param>
internal sealed class TensorLoader(GgufFile file)
{
    /// <summary>Whether the file has a tensor.</summary>
    public bool Has(string name) => file.Find($"{name}.weight") is not null;

    /// <summary>A linear layer; null where the file has none.</summary>
    /// <param name="name">The tensor's name without <c>.weight</c>.</param>
    /// <param name="rows">Its products.</param>
    /// <param name="columns">Its activations.</param>
    /// <param name="first">The first row of the tensor that belongs to it.</param>
    /// <param name="allRows">All rows of the tensor; 0: <paramref name="rows"/>.</param>
    public Projection? FindProjection(string name, int rows, int columns, int first = 0, int allRows = 0)
    {
        if (file.Find($"{name}.weight") is not { } tensor) return null;
        if (allRows == 0) allRows = rows;
        Check(tensor, columns, allRows);
        return new Projection(WeightMatrix.Load(file, tensor, first, rows), FindVector($"{name}.bias", allRows, first, rows));
    }

    /// <summary>A linear layer.</summary>
    /// <exception cref="ModelFileException">The file has none of these sizes.</exception>
    public Projection Projection(string name, int rows, int columns, int first = 0, int allRows = 0) =>
        FindProjection(name, rows, columns, first, allRows) ?? throw Missing($"{name}.weight");

    /// <summary>A linear layer of some of its activations: what it gives is a part of a sum.</summary>
    /// <param name="name">The tensor's name without <c>.weight</c>.</param>
    /// <param name="rows">Its products.</param>
    /// <param name="columns">Activations that it has.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="allColumns">All activations of the tensor.</param>
    /// <param name="withBias">Whether this part of the sum has the bias.</param>
    /// <exception cref="ModelFileException">The file has none of these sizes.</exception>
    public Projection PartProjection(string name, int rows, int columns, int first, int allColumns, bool withBias)
    {
        var tensor = file.Find($"{name}.weight") ?? throw Missing($"{name}.weight");
        Check(tensor, allColumns, rows);
        var bias = withBias ? FindVector($"{name}.bias", rows) : null;
        return new Projection(WeightMatrix.Load(file, tensor.Cut(first, columns), 0, rows), bias);
    }

    /// <summary>Numbers of a vector; null where the file has none.</summary>
    public NativeBuffer<float>? FindVector(string name, int length, int first = 0, int count = 0)
    {
        if (file.Find(name) is not { } tensor) return null;
        if (count == 0) count = length;
        if (tensor.Elements != length) throw Misshapen(tensor, $"{length}");
        var all = new float[length];
        var rowLength = (int)tensor.Columns;
        for (var row = 0; row < tensor.Rows; row++)
            tensor.Format.Decode(file.Rows(tensor, row, 1), all.AsSpan(row * rowLength, rowLength));
        var numbers = new NativeBuffer<float>(count);
        all.AsSpan(first, count).CopyTo(numbers.Span(0, count));
        return numbers;
    }

    /// <summary>A tensor of two dimensions.</summary>
    /// <exception cref="ModelFileException">The file has none of these sizes.</exception>
    public GgufTensor Matrix(string name, int columns)
    {
        var tensor = file.Find($"{name}.weight") ?? throw Missing($"{name}.weight");
        Check(tensor, columns, tensor.Rows);
        return tensor.Rows is > 0 and < 1 << 24 ? tensor : throw Misshapen(tensor, $"({columns}, up to {1 << 24})");
    }

    private void Check(GgufTensor tensor, int columns, long rows)
    {
        if (tensor.Shape.Count > 2 || tensor.Columns != columns || tensor.Rows != rows) throw Misshapen(tensor, $"({columns}, {rows})");
    }

    private ModelFileException Misshapen(GgufTensor tensor, string expected) =>
        new(file.Path, $"tensor {tensor} has the wrong shape, expected is {expected}: convert the model again");

    private ModelFileException Missing(string name) => new(file.Path, $"the tensor {name} is missing: convert the model again");
}
