using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>
/// The parts of a model that know text tokens: from them to hidden states, and from those to logits. For one thread at a time.
/// </summary>
public sealed unsafe class Starter : IDisposable
{
    private readonly Architecture _architecture;
    private readonly Hyperparameters _sizes;
    private readonly Workers _workers;
    private readonly StoredRows? _embedding;
    private readonly MappedRows? _tied;
    private readonly StoredRows? _positions;
    private readonly NativeBuffer<float>? _segment;
    private readonly Norm? _embeddingNorm;
    private readonly Norm? _finalNorm;
    private readonly Projection? _output;
    private readonly Scratch _scratch;
    private NativeBuffer<float> _normed = new(0);

    /// <summary>Takes embeddings, last norm and head out of a model's file.</summary>
    /// <param name="file">The file; may be closed afterwards. Where its embeddings are the head, the starter maps it for itself.</param>
    /// <param name="architecture">What is computed.</param>
    /// <param name="sizes">The model's sizes.</param>
    /// <param name="workers">Who computes.</param>
    /// <exception cref="ModelFileException">The file lacks a tensor, or one has another shape.</exception>
    public Starter(GgufFile file, Architecture architecture, Hyperparameters sizes, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(workers);
        (_architecture, _sizes, _workers) = (architecture, sizes, workers);
        var (tensors, names) = (new TensorLoader(file), architecture.Tensors);
        Norm? FindNorm(string name) => tensors.FindVector($"{name}.weight", sizes.Width) is { } weight
            ? new Norm(architecture.Norm, sizes.NormEpsilon, weight, tensors.FindVector($"{name}.bias", sizes.Width))
            : null;
        StoredRows Rows(string name)
        {
            var tensor = tensors.Matrix(name, sizes.Width);
            return new StoredRows(file, tensor, 0, (int)tensor.Rows);
        }

        Vocabulary = (int)tensors.Matrix(names.Embedding, sizes.Width).Rows;
        if (architecture.Position == PositionKind.Learned)
            _positions = Rows(names.PositionEmbedding);
        if (tensors.Has(names.SegmentEmbedding))
        {
            using var segments = Rows(names.SegmentEmbedding);
            _segment = new NativeBuffer<float>(sizes.Width);
            segments.Decode(0, _segment.Span(0, sizes.Width));
        }

        _embeddingNorm = FindNorm(names.EmbeddingNorm);
        _finalNorm = FindNorm(names.FinalNorm);

        // Embeddings that are the head, too, are in memory once, as the head needs them; single rows are read from the file.
        var isTied = architecture.Causal && !tensors.Has(names.Output);
        if (architecture.Causal) _output = tensors.Projection(isTied ? names.Embedding : names.Output, Vocabulary, sizes.Width);
        if (isTied) _tied = new MappedRows(file.Path, tensors.Matrix(names.Embedding, sizes.Width));
        else _embedding = Rows(names.Embedding);

        _scratch = new Scratch(workers.Count);
        _scratch.Grow(sizes.Width);
    }

    /// <summary>Text tokens that the model knows.</summary>
    public int Vocabulary { get; }

    /// <summary>The longest sequence, where positions are learned; null: any.</summary>
    public int? LongestSequence => _positions?.Count;

    /// <summary>Bytes of its weights.</summary>
    public long Bytes => (_embedding?.Length ?? 0) + (_positions?.Length ?? 0) + (_output?.Bytes ?? 0);

    /// <summary>Text tokens to hidden states.</summary>
    /// <param name="batch">The text tokens.</param>
    /// <param name="hidden">Takes rows × width.</param>
    /// <exception cref="ArgumentOutOfRangeException">A text token is not in the vocabulary, or its position is beyond the last.</exception>
    public void Embed(Batch batch, Span<float> hidden)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var factor = _architecture.ScaledEmbedding ? MathF.Sqrt(_sizes.Width) : 1;
        var scratch = _scratch.Of(0);
        fixed (float* states = hidden)
        {
            for (var row = 0; row < batch.Rows.Count; row++)
            {
                var state = hidden.Slice(row * _sizes.Width, _sizes.Width);
                var at = states + ((long)row * _sizes.Width);
                if (_tied is null) _embedding!.Decode(batch.Rows[row].Token, state);
                else _tied.Decode(batch.Rows[row].Token, state);
                if (factor != 1)
                {
                    foreach (ref var number in state) number *= factor;
                }

                if (_segment is not null) Vectors.Add(_segment.Address, at, _sizes.Width);
                if (_positions is not null)
                {
                    _positions.Decode(batch.Rows[row].Position, new Span<float>(scratch, _sizes.Width));
                    Vectors.Add(scratch, at, _sizes.Width);
                }

                _embeddingNorm?.Apply(at, at);
            }
        }
    }

    /// <summary>Hidden states to logits.</summary>
    /// <param name="hidden">rows × width.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="logits">Takes rows × vocabulary.</param>
    /// <exception cref="InvalidOperationException">The model is an encoder, which has no head.</exception>
    public void Logits(ReadOnlySpan<float> hidden, int rows, Span<float> logits)
    {
        if (_output is null) throw new InvalidOperationException("An encoder gives embeddings, and no logits.");
        ArgumentOutOfRangeException.ThrowIfLessThan(hidden.Length, rows * _sizes.Width);
        ArgumentOutOfRangeException.ThrowIfLessThan(logits.Length, rows * Vocabulary);
        if (_normed.Length < (long)rows * _sizes.Width)
        {
            _normed.Dispose();
            _normed = new NativeBuffer<float>((long)rows * _sizes.Width);
        }

        fixed (float* states = hidden)
        fixed (float* to = logits)
        {
            for (var row = 0; row < rows; row++)
            {
                var from = states + ((long)row * _sizes.Width);
                var normed = _normed.Address + ((long)row * _sizes.Width);
                if (_finalNorm is not null) _finalNorm.Apply(from, normed);
                else new ReadOnlySpan<float>(from, _sizes.Width).CopyTo(new Span<float>(normed, _sizes.Width));
            }

            _output.Apply(_normed.Address, rows, to, _workers, _scratch);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _embedding?.Dispose();
        _tied?.Dispose();
        _positions?.Dispose();
        _segment?.Dispose();
        _embeddingNorm?.Dispose();
        _finalNorm?.Dispose();
        _output?.Dispose();
        _scratch.Dispose();
        _normed.Dispose();
    }
}
