using System.Globalization;
using Jtfa.Language.Architectures;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>A block's feed-forward network: down(f(up x)), or down(f(gate x)·(up x)).</summary>
internal sealed unsafe class FeedForward : RangeJob, IDisposable
{
    private const double NanosecondsPerActivation = 5;

    private readonly ActivationKind _activation;
    private readonly Projection? _gate;
    private readonly Projection _up;
    private readonly Projection _down;
    private float* _inner;
    private float* _upper;

    public FeedForward(TensorLoader tensors, Architecture architecture, Hyperparameters sizes, TensorShare share, int block)
    {
        string Name(string pattern) => string.Format(CultureInfo.InvariantCulture, pattern, block);
        var names = architecture.Tensors;
        var (width, inner) = (sizes.Width, sizes.FeedForwardWidth);
        var (first, all) = (share.FirstColumn, share.All.FeedForwardWidth);
        _activation = architecture.Activation;
        if (architecture.GatedFeedForward && !tensors.Has(Name(names.Gate)))
        {
            _gate = tensors.Projection(Name(names.Up), inner, width, first, 2 * all);
            _up = tensors.Projection(Name(names.Up), inner, width, all + first, 2 * all);
        }
        else
        {
            if (architecture.GatedFeedForward) _gate = tensors.Projection(Name(names.Gate), inner, width, first, all);
            _up = tensors.Projection(Name(names.Up), inner, width, first, all);
        }

        _down = tensors.PartProjection(Name(names.Down), width, inner, first, all, share.HasBiases);
    }

    public long Bytes => (_gate?.Bytes ?? 0) + _up.Bytes + _down.Bytes;

    /// <summary>Numbers a row that it needs in between.</summary>
    public int InnerNumbers => (_gate is null ? 1 : 2) * _up.Rows;

    /// <summary>Computes n rows.</summary>
    public void Apply(float* x, int n, float* y, float* inner, Workers workers, Scratch scratch)
    {
        _inner = inner;
        _upper = _gate is null ? null : inner + ((long)n * _up.Rows);
        if (_gate is not null)
        {
            _gate.Apply(x, n, _inner, workers, scratch);
            _up.ApplyAgain(_upper, workers, scratch);
        }
        else
        {
            _up.Apply(x, n, _inner, workers, scratch);
        }

        workers.Run(this, n, Workers.Grain(NanosecondsPerActivation * _up.Rows));
        _down.Apply(_inner, n, y, workers, scratch);
    }

    /// <inheritdoc/>
    public override void Run(int from, int to, int worker)
    {
        var at = (long)from * _up.Rows;
        Activations.Apply(_activation, _inner + at, _upper == null ? null : _upper + at, (to - from) * _up.Rows);
    }

    public void Dispose()
    {
        _gate?.Dispose();
        _up.Dispose();
        _down.Dispose();
    }
}
