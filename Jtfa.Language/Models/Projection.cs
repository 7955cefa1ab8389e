using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>A linear layer: a matrix, and a bias where the model has one.</summary>
internal sealed unsafe class Projection(WeightMatrix matrix, NativeBuffer<float>? bias) : RangeJob, IDisposable
{
    // What a core multiplies of numbers, and brings in of bytes, in a nanosecond, roughly.
    private const double Speed = 32;

    private readonly EncodeJob _encode = new();
    private float* _y;
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
        scratch.Activations.Set(x, n, matrix.Columns);
        ApplyAgain(y, workers, scratch);
    }

    /// <summary>The same for the rows that the last projection had, which are turned to bytes once for all.</summary>
    public void ApplyAgain(float* y, Workers workers, Scratch scratch)
    {
        _scratch = scratch;
        _y = y;
        if (matrix.TakesBytes && !scratch.Activations.IsEncoded)
        {
            scratch.Activations.Reserve();
            _encode.Run(scratch.Activations, workers);
        }

        var products = (double)scratch.Activations.Rows * matrix.Columns * matrix.Rows;
        var each = Math.Max(products, matrix.Bytes) / Speed * matrix.Grain / matrix.Rows;
        workers.Run(this, (matrix.Rows + matrix.Grain - 1) / matrix.Grain, Workers.Grain(each));
    }

    /// <inheritdoc/>
    public override void Run(int from, int to, int worker)
    {
        (from, to) = (from * matrix.Grain, Math.Min(matrix.Rows, to * matrix.Grain));
        var x = _scratch!.Activations;
        matrix.Multiply(x, _y, matrix.Rows, from, to, _scratch.Of(worker));
        if (bias is null) return;
        for (var i = 0; i < x.Rows; i++) Vectors.Add(bias.Address + from, _y + ((long)i * matrix.Rows) + from, to - from);
    }

    public void Dispose()
    {
        matrix.Dispose();
        bias?.Dispose();
    }

    /// <summary>Turns rows of activations to bytes.</summary>
    private sealed class EncodeJob : RangeJob
    {
        private ActivationBlocks? _activations;

        public void Run(ActivationBlocks activations, Workers workers)
        {
            _activations = activations;
            workers.Run(this, activations.Rows, Workers.Grain(activations.Columns));
            activations.IsEncoded = true;
        }

        public override void Run(int from, int to, int worker) => _activations!.Encode(from, to);
    }
}
