using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Evaluation;

/// <summary>
/// How well a model foretells a text. The text is cut into windows that lie side by side; of each, every text token but the first is
/// foretold from those before it in the window. BOS stands before the whole text, where the model expects it, and not before each window.
/// This is how Inferflow's program counts (Wang, Shi and Tu 2024), with its window of 512 where the model allows that.
/// </summary>
public static class Perplexity
{
    /// <summary>The window where none is asked for and the model's context is longer.</summary>
    public const int UsualWindow = 512;

    // Text tokens that go through the model together: its matrices are read once for them, and their logits are kept.
    private const int Together = 64;

    /// <summary>A text as the model expects it.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="text">The text.</param>
    public static int[] Tokens(Tokenizer tokenizer, string text)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer is { AddsBos: true, BosId: { } bos } ? [bos, .. tokenizer.Encode(text)] : tokenizer.Encode(text);
    }

    /// <summary>What each text token of a text costs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">The text.</param>
    /// <param name="window">Text tokens of a window, 2 or more.</param>
    /// <param name="progress">Is told how many text tokens have been foretold.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">The text has less than two text tokens.</exception>
    /// <exception cref="InvalidOperationException">The model is an encoder, which foretells nothing.</exception>
    public static TextLosses Of(
        LanguageModel model, ReadOnlySpan<int> tokens, int window, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 2);
        if (tokens.Length < 2) throw new ArgumentException("the text has less than two text tokens: take a longer one", nameof(tokens));
        using var pool = model.CreatePool(CacheFormat.F32, (Math.Min(window, tokens.Length) / PagePool.PageTokens) + 1);
        var probabilities = new LogProbabilities(new SamplerBuffers(model.Vocabulary));
        var logits = new float[Together * model.Vocabulary];
        var losses = new List<double>(tokens.Length);
        var batch = new Batch();
        for (var start = 0; start < tokens.Length; start += window)
        {
            var inside = tokens.Slice(start, Math.Min(window, tokens.Length - start));
            using var sequence = new CachedSequence(pool);
            for (var at = 0; at < inside.Length - 1; at += Together)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = Math.Min(Together, inside.Length - 1 - at);
                batch.Clear();
                if (!batch.TryAdd(sequence, inside.Slice(at, count))) throw new InvalidOperationException("The pool is too small.");
                model.Logits(model.Forward(batch), count, logits);
                for (var i = 0; i < count; i++)
                {
                    var row = logits.AsSpan(i * model.Vocabulary, model.Vocabulary);
                    losses.Add(-probabilities.Of(row, inside[at + i + 1], []).Value);
                }

                progress?.Report(new("perplexity", start + at + count, tokens.Length));
            }
        }

        return new TextLosses(losses);
    }
}
