using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;

namespace Jtfa.Language.Tests.Rings;

/// <summary>Blocks of a model, without a thread of its own.</summary>
internal sealed class LoadedStage : IDisposable
{
    private readonly Workers _workers = new(1);
    private readonly Stage _stage;
    private readonly PagePool _pool;

    public LoadedStage(string path, int first, int count)
    {
        using var file = GgufFile.Open(path);
        var architecture = Architecture.Of(file);
        _stage = new Stage(file, architecture, Hyperparameters.Of(file, architecture), first, count, _workers);
        _pool = new PagePool(_stage.Shape, CacheFormat.F32, 16);
    }

    /// <summary>Computes a sequence from its begin, in place.</summary>
    public void Forward(int rows, float[] hidden)
    {
        using var sequence = new CachedSequence(_pool);
        Assert.True(sequence.TryGrow(rows));
        var batch = new Batch();
        batch.Add(sequence, 0, rows);
        _stage.Forward(batch, hidden);
    }

    public void Dispose()
    {
        _stage.Dispose();
        _pool.Dispose();
        _workers.Dispose();
    }
}
