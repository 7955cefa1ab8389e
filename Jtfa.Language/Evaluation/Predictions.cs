using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Models;

namespace Jtfa.Language.Evaluation;

/// <summary>What a model foretells after each text token of a text, to compare other models with it.</summary>
public sealed class Predictions
{
    private readonly int[] _tokens;
    private readonly float[] _logits;
    private readonly int _vocabulary;

    private Predictions(int[] tokens, float[] logits, int vocabulary) => (_tokens, _logits, _vocabulary) = (tokens, logits, vocabulary);

    /// <summary>The predictions of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">A text of the model's context at most; all logits are kept.</param>
    public static Predictions Of(LanguageModel model, ReadOnlySpan<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        var logits = new float[tokens.Length * model.Vocabulary];
        using var pool = model.CreatePool(CacheFormat.F32, (tokens.Length / PagePool.PageTokens) + 1);
        using var sequence = new CachedSequence(pool);
        var batch = new Batch();
        if (!batch.TryAdd(sequence, tokens)) throw new InvalidOperationException("The pool is too small.");
        model.Logits(model.Forward(batch), tokens.Length, logits);
        return new Predictions(tokens.ToArray(), logits, model.Vocabulary);
    }

    /// <summary>
    /// How far another model's predictions of the same text are from these: the mean Kullback-Leibler divergence, which is by how much
    /// that model loses more on texts that this one writes. 0 for equal ones.
    /// </summary>
    public double DivergenceOf(LanguageModel other)
    {
        var (theirs, sum) = (Of(other, _tokens), 0.0);
        var (p, q) = (new double[_vocabulary], new double[_vocabulary]);
        for (var row = 0; row < _tokens.Length; row++)
        {
            ReadOnlySpan<float> mine = Row(row), their = theirs.Row(row);
            var (myMax, theirMax) = (Ranking.Max(mine), Ranking.Max(their));
            var myTotal = Exponentials.Of(mine, myMax, 1, p);
            var theirTotal = Exponentials.Of(their, theirMax, 1, q);
            var shift = Math.Log(theirTotal / myTotal) + theirMax - myMax;
            var divergence = 0.0;
            for (var id = 0; id < _vocabulary; id++) divergence += p[id] * (mine[id] - (double)their[id] + shift);
            sum += divergence / myTotal;
        }

        return Math.Max(0, sum / _tokens.Length);
    }

    private ReadOnlySpan<float> Row(int row) => _logits.AsSpan(row * _vocabulary, _vocabulary);
}
