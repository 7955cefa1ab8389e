using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>
/// A share of a stage's tensors. For each step of the stage every shard computes its part of a sum; the parts are added up in the order of
/// the shards, so that all of them add the same numbers to the same hidden states. For one thread at a time.
/// </summary>
public sealed class StageShard : IDisposable
{
    private readonly Stage _stage;
    private readonly BlockPart[] _parts;

    /// <summary>Takes a share of some blocks out of a model's file.</summary>
    /// <param name="file">The file; may be closed afterwards.</param>
    /// <param name="architecture">What is computed.</param>
    /// <param name="share">The share, of <see cref="TensorShare.Of"/>.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="workers">Who computes.</param>
    /// <exception cref="ModelFileException">The file lacks a tensor, or one has another shape.</exception>
    public StageShard(GgufFile file, Architecture architecture, TensorShare share, int first, int count, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(share);
        _stage = new Stage(file, architecture, share.All, share, first, count, workers, null);
        _parts = architecture.ParallelResidual ? [BlockPart.Both] : [BlockPart.Attention, BlockPart.FeedForward];
        Steps = count * _parts.Length;
    }

    /// <summary>Sums that a forward pass takes: two a block, or one where attention and feed-forward network have the same input.</summary>
    public int Steps { get; }

    /// <summary>What its pages keep: keys and values of its own heads.</summary>
    public CacheShape Shape => _stage.Shape;

    /// <summary>Bytes of its weights.</summary>
    public long Bytes => _stage.Bytes;

    /// <summary>Adds parts of a sum in the order of the shards.</summary>
    /// <param name="parts">Each shard's part, of equal lengths; the first takes the sum.</param>
    public static void Sum(IReadOnlyList<float[]> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var sum = parts[0].AsSpan();
        for (var shard = 1; shard < parts.Count; shard++)
        {
            var part = parts[shard].AsSpan(0, sum.Length);
            for (var i = 0; i < sum.Length; i++) sum[i] += part[i];
        }
    }

    /// <summary>Computes this shard's part of a step's sum.</summary>
    /// <param name="step">0 … <see cref="Steps"/> − 1, one after the other.</param>
    /// <param name="batch">Whose hidden states they are; the sequences' pages are of this shard's <see cref="Shape"/>.</param>
    /// <param name="hidden">rows × width.</param>
    /// <param name="part">Takes rows × width.</param>
    public void Compute(int step, Batch batch, Span<float> hidden, Span<float> part)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)step, (uint)Steps);
        _stage.Compute(batch, step / _parts.Length, _parts[step % _parts.Length], hidden, part);
    }

    /// <summary>Adds a step's sum to hidden states; every shard does so to its own copy of them.</summary>
    /// <param name="step">The step.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="hidden">rows × width.</param>
    /// <param name="sum">rows × width, of all shards.</param>
    public void Add(int step, int rows, Span<float> hidden, Span<float> sum)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)step, (uint)Steps);
        _stage.Add(rows, step / _parts.Length, _parts[step % _parts.Length], hidden, sum);
    }

    /// <inheritdoc/>
    public void Dispose() => _stage.Dispose();
}

/// <summary>What of a block is computed.</summary>
internal enum BlockPart
{
    /// <summary>Attention.</summary>
    Attention,

    /// <summary>The feed-forward network.</summary>
    FeedForward,

    /// <summary>Both, which have the same input, added up.</summary>
    Both,
}
