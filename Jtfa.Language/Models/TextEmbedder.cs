using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Models;

/// <summary>
/// Texts to vectors of length 1, by a model's hidden states, pooled as its file says: their mean, that of the first text token (BERT's
/// [CLS]), or that of the last. For one thread at a time; a text takes a turn of the threads that compute.
/// </summary>
public sealed class TextEmbedder : IDisposable
{
    private readonly LanguageModel _model;
    private readonly Pooling _pooling;

    private TextEmbedder(LanguageModel model, Tokenizer tokenizer, Pooling pooling) =>
        (_model, Tokenizer, _pooling) = (model, tokenizer, pooling);

    private enum Pooling
    {
        None = 0,
        Mean = 1,
        First = 2,
        Last = 3,
    }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Numbers of a vector.</summary>
    public int Width => _model.Sizes.Width;

    /// <summary>Text tokens that a text may have.</summary>
    public int LongestText => _model.LongestText;

    /// <summary>Loads a model.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <exception cref="ModelFileException">The file is damaged, or pools in a way that is not known.</exception>
    public static TextEmbedder Load(string path, int threads)
    {
        using var file = GgufFile.Open(path);
        return Load(file, () => LanguageModel.Load(path, threads));
    }

    /// <summary>Loads a model that computes with threads of others.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="workers">The threads, which stay the caller's.</param>
    /// <exception cref="ModelFileException">The file is damaged, or pools in a way that is not known.</exception>
    public static TextEmbedder Load(string path, Workers workers)
    {
        using var file = GgufFile.Open(path);
        return Load(file, () => LanguageModel.Load(file, workers));
    }

    private static TextEmbedder Load(GgufFile file, Func<LanguageModel> load)
    {
        var key = $"{file.Metadata.Get<string>("general.architecture")}.pooling_type";
        var pooling = (Pooling)file.Metadata.WholeNumber(key, (int)Pooling.None, (int)Pooling.Last, (int)Pooling.Mean);
        return new TextEmbedder(load(), Tokenizer.Load(file), pooling == Pooling.None ? Pooling.Mean : pooling);
    }

    /// <summary>The text tokens of a text, with what the model expects around it.</summary>
    public int[] Tokens(string text)
    {
        List<int> tokens = [];
        if (Tokenizer is { AddsBos: true, BosId: { } bos }) tokens.Add(bos);
        tokens.AddRange(Tokenizer.Encode(text));
        if (Tokenizer is { AddsEos: true, EosId: { } eos }) tokens.Add(eos);
        return [.. tokens];
    }

    /// <summary>The vector of a text.</summary>
    /// <param name="tokens">Its text tokens, 1 … <see cref="LongestText"/>.</param>
    public float[] Embed(ReadOnlySpan<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, LongestText);
        using var pool = _model.CreatePool(CacheFormat.F32, (tokens.Length / PagePool.PageTokens) + 1);
        using var sequence = new CachedSequence(pool);
        var batch = new Batch();
        if (!batch.TryAdd(sequence, tokens)) throw new InvalidOperationException("The pool is too small.");
        using var turn = _model.Workers.TakeTurn();
        var hidden = _model.Forward(batch);
        var sums = new double[Width];
        var (first, last) = _pooling switch
        {
            Pooling.First => (0, 0),
            Pooling.Last => (tokens.Length - 1, tokens.Length - 1),
            _ => (0, tokens.Length - 1),
        };
        for (var row = first; row <= last; row++)
        {
            for (var i = 0; i < Width; i++) sums[i] += hidden[(row * Width) + i];
        }

        var length = Math.Sqrt(sums.Sum(sum => sum * sum));
        return [.. sums.Select(sum => (float)(length > 0 ? sum / length : 0))];
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
