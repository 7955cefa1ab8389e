using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Kernels;

/// <summary>
/// A matrix as its file has it: each row is decoded to single precision, then multiplied with all rows of activations. Serves every format,
/// and is what faster matrices are compared with.
/// </summary>
internal sealed unsafe class RowMatrix : WeightMatrix
{
    private readonly WeightFormat _format;
    private readonly NativeBuffer<byte> _blocks;
    private readonly int _rowBytes;

    public RowMatrix(GgufFile file, GgufTensor tensor, int first, int count)
        : base(count, checked((int)tensor.Columns))
    {
        _format = tensor.Format;
        _rowBytes = checked((int)tensor.RowBytes);
        _blocks = new NativeBuffer<byte>((long)_rowBytes * count);
        for (var row = 0; row < count; row++) file.Rows(tensor, first + row, 1).CopyTo(_blocks.Span((long)row * _rowBytes, _rowBytes));
    }

    public override long Bytes => _blocks.Length;

    public override void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, float* scratch)
    {
        var isPlain = _format.Id == 0;
        for (var row = from; row < to; row++)
        {
            var blocks = _blocks.Address + ((long)row * _rowBytes);
            var weights = isPlain ? (float*)blocks : scratch;
            if (!isPlain) _format.Decode(new ReadOnlySpan<byte>(blocks, _rowBytes), new Span<float>(scratch, Columns));
            for (var i = 0; i < x.Rows; i++) y[((long)i * stride) + row] = Vectors.Dot(weights, x.Numbers + ((long)i * Columns), Columns);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _blocks.Dispose();
    }
}
