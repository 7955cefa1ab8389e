using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>A matrix of weights, made ready to be multiplied with rows of activations.</summary>
/// <param name="rows">Rows: numbers that a product has.</param>
/// <param name="columns">Columns: numbers of a row of activations.</param>
public abstract unsafe class WeightMatrix(int rows, int columns) : IDisposable
{
    /// <summary>Rows: numbers that a product has.</summary>
    public int Rows { get; } = rows;

    /// <summary>Columns: numbers of a row of activations.</summary>
    public int Columns { get; } = columns;

    /// <summary>Bytes that it keeps.</summary>
    public abstract long Bytes { get; }

    /// <summary>Makes rows of a tensor ready.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensor">The tensor, of two dimensions.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many rows.</param>
    public static WeightMatrix Load(GgufFile file, GgufTensor tensor, int first, int count) =>
        new RowMatrix(file, tensor, first, count);

    /// <summary>y[n·stride + r] = Σ_c W[r, c]·x[n·columns + c] for rows r of a range.</summary>
    /// <param name="x">n rows of activations.</param>
    /// <param name="n">How many rows of activations.</param>
    /// <param name="y">Takes the products.</param>
    /// <param name="stride">Numbers from one row of products to the next.</param>
    /// <param name="from">The first row r.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="scratch">The thread's own <see cref="Columns"/> numbers.</param>
    public abstract void Multiply(float* x, int n, float* y, int stride, int from, int to, float* scratch);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives its memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
