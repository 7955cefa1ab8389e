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

    /// <summary>Whether it multiplies activations as bytes.</summary>
    public virtual bool TakesBytes => false;

    /// <summary>Rows that are computed together.</summary>
    public virtual int Grain => 1;

    /// <summary>Bytes that it keeps.</summary>
    public abstract long Bytes { get; }

    /// <summary>Makes rows of a tensor ready.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensor">The tensor, of two dimensions.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many rows.</param>
    public static WeightMatrix Load(GgufFile file, GgufTensor tensor, int first, int count) =>
        Load(file, tensor, first, count, Instructions.Chosen);

    /// <summary>The same as a machine has it that computes with chosen instructions.</summary>
    internal static WeightMatrix Load(
        GgufFile file, GgufTensor tensor, int first, int count, InstructionSet chosen) => tensor.Format.Name switch
        {
            "Q4_0" when chosen == InstructionSet.Avx512 => new Q4Matrix(file, tensor, first, count),
            "Q8_0" when chosen == InstructionSet.Avx512 => new Q8Matrix(file, tensor, first, count),
            "Q4_0" => new PackedMatrix<ScalePacking, Bits4>(file, tensor, first, count),
            "Q5_0" => new PackedMatrix<ScalePacking, Bits5>(file, tensor, first, count),
            "Q8_0" => new PackedMatrix<ScalePacking, Bits8>(file, tensor, first, count),
            "Q4_K" => new PackedMatrix<PartScalesPacking, Bits4>(file, tensor, first, count),
            "Q5_K" => new PackedMatrix<PartScalesPacking, Bits5>(file, tensor, first, count),
            "Q6_K" => new Q6KMatrix(file, tensor, first, count),
            "Q3H_B32" or "Q3H_B64" => new Q3HMatrix(file, tensor, first, count),
            "F32" => new FloatMatrix<SingleNumber>(file, tensor, first, count),
            "F16" => new FloatMatrix<HalfNumber>(file, tensor, first, count),
            "BF16" => new FloatMatrix<UpperHalfNumber>(file, tensor, first, count),
            "Q4_1" => new PackedMatrix<ScaleAndLeastPacking, Bits4>(file, tensor, first, count),
            "Q5_1" => new PackedMatrix<ScaleAndLeastPacking, Bits5>(file, tensor, first, count),
            "Q8_B32" => new PackedMatrix<AffinePacking, Bits8>(file, tensor, first, count),
            "Q6_B32" => new PackedMatrix<AffinePacking, Bits6>(file, tensor, first, count),
            "Q4_B32" => new PackedMatrix<AffinePacking, Bits4>(file, tensor, first, count),
            "Q3_B32" => new PackedMatrix<AffinePacking, Bits3>(file, tensor, first, count),
            "Q8_B64" => new PackedMatrix<LongAffinePacking, Bits8>(file, tensor, first, count),
            "Q6_B64" => new PackedMatrix<LongAffinePacking, Bits6>(file, tensor, first, count),
            "Q4_B64" => new PackedMatrix<LongAffinePacking, Bits4>(file, tensor, first, count),
            "Q3_B64" => new PackedMatrix<LongAffinePacking, Bits3>(file, tensor, first, count),
            _ => new RowMatrix(file, tensor, first, count),
        };

    /// <summary>y[n·stride + r] = Σ_c W[r, c]·x[n·columns + c] for rows r of a range.</summary>
    /// <param name="x">Rows of activations, as bytes too where <see cref="TakesBytes"/>.</param>
    /// <param name="y">Takes the products.</param>
    /// <param name="stride">Numbers from one row of products to the next.</param>
    /// <param name="from">The first row r, a multiple of <see cref="Grain"/>.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="scratch">The thread's own <see cref="Columns"/> numbers.</param>
    public abstract void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, float* scratch);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives its memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
