using Jtfa.Language.Caches;
using Jtfa.Language.Models;

namespace Jtfa.Language.Generation;

/// <summary>One sequence on its way through a model, with pages of its own.</summary>
internal sealed class RunningSequence : IDisposable
{
    private const int ChunkTokens = 512;

    private readonly TextModel _text;
    private readonly PagePool _pool;
    private readonly CachedSequence _sequence;
    private readonly Batch _batch = new();
    private float[] _logits = [];

    /// <param name="text">The model.</param>
    /// <param name="cache">How keys and values are kept.</param>
    /// <param name="longest">The most text tokens that it gets.</param>
    public RunningSequence(TextModel text, CacheFormat cache, int longest)
    {
        _text = text;
        _pool = text.Model.CreatePool(cache, (longest + PagePool.PageTokens - 1) / PagePool.PageTokens);
        _sequence = new CachedSequence(_pool);
    }

    /// <summary>Text tokens that the model has seen.</summary>
    public int Length => _sequence.Length;

    /// <summary>Gives the model a prompt.</summary>
    /// <param name="prompt">At least one text token.</param>
    /// <param name="progress">Is told how many text tokens it has seen; null: nobody is.</param>
    /// <param name="cancellationToken">Looked at every 512 text tokens.</param>
    /// <returns>The logits after its last text token, until the next call.</returns>
    public ReadOnlySpan<float> Prefill(
        scoped ReadOnlySpan<int> prompt, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        for (var at = 0; ; at += ChunkTokens)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var end = Math.Min(prompt.Length, at + ChunkTokens);
            var hidden = Forward(prompt[at..end]);
            progress?.Report(new("reading the prompt", end, prompt.Length));
            if (end == prompt.Length) return Logits(hidden[^_text.Model.Sizes.Width..], 1);
        }
    }

    /// <summary>Gives the model text tokens.</summary>
    /// <returns>The logits after each, as many a row as the tokenizer has text tokens, until the next call.</returns>
    public ReadOnlySpan<float> Append(scoped ReadOnlySpan<int> tokens) => Logits(Forward(tokens), tokens.Length);

    /// <summary>Lets the model forget the last text tokens.</summary>
    /// <param name="length">How many stay.</param>
    public void Truncate(int length) => _sequence.Truncate(length);

    public void Dispose()
    {
        _sequence.Dispose();
        _pool.Dispose();
    }

    private Span<float> Forward(scoped ReadOnlySpan<int> tokens)
    {
        _batch.Clear();
        if (!_batch.TryAdd(_sequence, tokens))
            throw new InvalidOperationException($"There is room for {_pool.Pages * PagePool.PageTokens} text tokens: no more fit.");
        return _text.Model.Forward(_batch);
    }

    private ReadOnlySpan<float> Logits(scoped ReadOnlySpan<float> hidden, int rows)
    {
        var (width, known) = (_text.Model.Vocabulary, _text.Tokenizer.VocabularySize);
        if (_logits.Length < rows * width) _logits = new float[rows * width];
        _text.Model.Logits(hidden, rows, _logits);

        // Some files have more embeddings than text tokens, to round their number up.
        for (var row = 1; row < rows && width > known; row++) _logits.AsSpan(row * width, known).CopyTo(_logits.AsSpan(row * known));
        return _logits.AsSpan(0, rows * known);
    }
}
