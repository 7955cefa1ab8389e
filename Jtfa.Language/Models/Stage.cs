using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>A run of a model's blocks: hidden states go in and come out, keys and values stay. For one thread at a time.</summary>
public sealed unsafe class Stage : IDisposable
{
    private readonly Hyperparameters _sizes;
    private readonly Workers _workers;
    private readonly TransformerBlock[] _blocks;
    private readonly Attention _attention;
    private readonly RotaryTable? _rotary;
    private readonly Scratch _scratch;
    private readonly int _innerNumbers;
    private BlockNumbers? _numbers;

    /// <summary>Takes blocks out of a model's file.</summary>
    /// <param name="file">The file; may be closed afterwards.</param>
    /// <param name="architecture">What is computed.</param>
    /// <param name="sizes">The model's sizes.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="workers">Who computes.</param>
    /// <param name="progress">Is told how many blocks are loaded; null: nobody is.</param>
    /// <exception cref="ModelFileException">The file lacks a tensor, or one has another shape.</exception>
    public Stage(
        GgufFile file, Architecture architecture, Hyperparameters sizes, int first, int count, Workers workers,
        IProgress<WorkProgress>? progress = null)
        : this(file, architecture, sizes, null, first, count, workers, progress)
    {
    }

    /// <summary>The same of a share of the blocks' tensors; its parts of sums are nothing by themselves.</summary>
    internal Stage(
        GgufFile file, Architecture architecture, Hyperparameters sizes, TensorShare? share, int first, int count, Workers workers,
        IProgress<WorkProgress>? progress)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(workers);
        share ??= TensorShare.Whole(sizes);
        sizes = share.Sizes;
        (_sizes, _workers) = (sizes, workers);
        var tensors = new TensorLoader(file);
        _blocks = new TransformerBlock[count];
        for (var place = 0; place < count; place++)
        {
            _blocks[place] = new TransformerBlock(tensors, architecture, sizes, share, first + place, place);
            progress?.Report(new("loading the model", place + 1, count));
        }

        if (_blocks.Select(block => block.MissingNorm()).FirstOrDefault(name => name is not null) is { } missing)
        {
            var name = missing.Replace("{0}", "*", StringComparison.Ordinal);
            throw new ModelFileException(file.Path, $"the tensor {name}.weight is missing: convert the model again");
        }

        _attention = new Attention(architecture, sizes, share);
        if (architecture.Position == PositionKind.Rotary) _rotary = Rotary(tensors, architecture, sizes);
        _scratch = new Scratch(workers.Count);
        _innerNumbers = _blocks.Max(block => block.InnerNumbers);
        Shape = new CacheShape(count, sizes.KeyValueHeads, sizes.KeyLength, sizes.ValueLength);
    }

    /// <summary>What its pages keep.</summary>
    public CacheShape Shape { get; }

    /// <summary>Numbers of a hidden state.</summary>
    public int Width => _sizes.Width;

    /// <summary>Bytes of its weights.</summary>
    public long Bytes => _blocks.Sum(block => block.Bytes);

    /// <summary>Computes hidden states, in place.</summary>
    /// <param name="batch">Whose they are; the sequences' pages are of this stage's <see cref="Shape"/>.</param>
    /// <param name="hidden">rows × width.</param>
    public void Forward(Batch batch, Span<float> hidden)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var rows = batch.Rows;
        if (rows.Count == 0) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden.Length, rows.Count * _sizes.Width);
        Prepare(rows);
        fixed (float* states = hidden)
            foreach (var block in _blocks) block.Apply(rows, states, _numbers!, _attention, _rotary, _workers, _scratch);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks) block.Dispose();
        _rotary?.Dispose();
        _scratch.Dispose();
        _numbers?.Dispose();
    }

    /// <summary>What a block's attention or feed-forward network gives for rows of hidden states: a share's part of the sum.</summary>
    /// <param name="batch">Whose they are.</param>
    /// <param name="place">The block, from the stage's first.</param>
    /// <param name="part">What.</param>
    /// <param name="hidden">rows × width.</param>
    /// <param name="sum">Takes rows × width.</param>
    internal void Compute(Batch batch, int place, BlockPart part, Span<float> hidden, Span<float> sum)
    {
        var (rows, block) = (batch.Rows, _blocks[place]);
        if (rows.Count == 0) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden.Length, rows.Count * _sizes.Width);
        ArgumentOutOfRangeException.ThrowIfLessThan(sum.Length, rows.Count * _sizes.Width);
        Prepare(rows);
        fixed (float* states = hidden)
        {
            if (part != BlockPart.FeedForward) block.Attend(rows, states, _numbers!, _attention, _rotary, _workers, _scratch);
            if (part != BlockPart.Attention) block.Feed(rows.Count, states, _numbers!, _workers, _scratch);
        }

        var count = rows.Count * _sizes.Width;
        if (part == BlockPart.Both) Vectors.Add(_numbers!.Attended, _numbers.Fed, count);
        new ReadOnlySpan<float>(part == BlockPart.Attention ? _numbers!.Attended : _numbers!.Fed, count).CopyTo(sum);
    }

    /// <summary>Adds to hidden states what all shares gave for a part of a block.</summary>
    internal void Add(int rows, int place, BlockPart part, Span<float> hidden, Span<float> sum)
    {
        fixed (float* states = hidden)
        fixed (float* added = sum)
        {
            if (part == BlockPart.Attention) _blocks[place].AddAttended(rows, states, added);
            else _blocks[place].AddFed(rows, states, added);
        }
    }

    private void Prepare(IReadOnlyList<BatchRow> rows)
    {
        if (_numbers is null || _numbers.Rows < rows.Count)
        {
            _numbers?.Dispose();
            _numbers = new BlockNumbers(_sizes, _innerNumbers, rows.Count);
        }

        var longestRow = Math.Max(Math.Max(_sizes.Width, _innerNumbers), _sizes.Heads * Math.Max(_sizes.KeyLength, _sizes.ValueLength));
        _scratch.Grow(Math.Max(longestRow, _attention.ScratchFor(rows)));
        _rotary?.Prepare(rows);
    }

    private static RotaryTable Rotary(TensorLoader tensors, Architecture architecture, Hyperparameters sizes)
    {
        var (names, pairs) = (architecture.Tensors, sizes.Rotary.Dimension / 2);
        var isLong = sizes.Context > sizes.Rotary.OriginalContext;
        using var factors = tensors.FindVector($"{names.RotaryFactors}.weight", pairs)
            ?? tensors.FindVector($"{(isLong ? names.LongRotaryFactors : names.ShortRotaryFactors)}.weight", pairs);
        return new RotaryTable(sizes.Rotary, architecture.RotaryPairs, factors is null ? [] : factors.Span(0, pairs));
    }
}
