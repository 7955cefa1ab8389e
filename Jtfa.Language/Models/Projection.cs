using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>A linear layer: a matrix, and a bias where the model has one.</summary>
internal sealed unsafe class Projection(WeightMatrix matrix, NativeBuffer<float>? bias) : RangeJob, IDisposable
{
    private float* _x;
    private float* _y;
    private int _n;
    private Scratch? _scratch;

    /// <summary>Numbers of a row of products.</summary>
    public int Rows => matrix.Rows;

    /// <summary>Numbers of a row of activations.</summary>
    public int Columns => matrix.Columns;

    /// <summary>Bytes of the weights.</summary>
    public long Bytes => matrix.Bytes;

    /// <summary>y = x·Wᵀ + b for n rows.</summary>
    public void Apply(float* x, int n, float* y, Workers workers, Scratch scratch)
    {
        (_n, _scratch) = (n, scratch);
        _x = x;
        _y = y;
        workers.Run(this, matrix.Rows, grain: 16);
    }

    /// <inheritdoc/>
    public override void Run(int from, int to, int worker)
    {
        matrix.Multiply(_x, _n, _y, matrix.Rows, from, to, _scratch!.Of(worker));
        if (bias is null) return;
        for (var i = 0; i < _n; i++) Vectors.Add(bias.Address + from, _y + ((long)i * matrix.Rows) + from, to - from);
    }

    public void Dispose()
    {
        matrix.Dispose();
        bias?.Dispose();
    }
}
