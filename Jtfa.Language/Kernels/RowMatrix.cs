using Jtfa.Language.Files;

namespace Jtfa.Language.Kernels;

/// <summary>
/// A matrix as its file has it: each row is decoded to single precision, then multiplied with all rows of activations. Serves every format,
/// and is what faster matrices are compared with.
/// </summary>
internal sealed unsafe class RowMatrix(GgufFile file, GgufTensor tensor, int first, int count)
    : WeightMatrix(count, checked((int)tensor.Columns))
{
    private readonly StoredRows _rows = new(file, tensor, first, count);

    public override long Bytes => _rows.Length;

    public override void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, float* scratch)
    {
        var isPlain = _rows.Format.Id == 0;
        for (var row = from; row < to; row++)
        {
            var weights = isPlain ? (float*)_rows.Address(row) : scratch;
            if (!isPlain) _rows.Decode(row, new Span<float>(scratch, Columns));
            for (var i = 0; i < x.Rows; i++) y[((long)i * stride) + row] = Vectors.Dot(weights, x.Numbers + ((long)i * Columns), Columns);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _rows.Dispose();
    }
}
