namespace Jtfa.Language.Decoding;

/// <summary>A text token and the logarithm of its probability.</summary>
/// <param name="Id">The text token.</param>
/// <param name="Value">The natural logarithm; negative infinity for a probability of 0.</param>
public readonly record struct LogProbability(int Id, double Value);

/// <summary>
/// Logarithms of a model's own probabilities, those of its logits before every step of a sampler (as llama.cpp's server gives them, and
/// OpenAI's <c>logprobs</c> at temperature 1 without penalties): log softmax, with the largest logit taken out before the exponentials.
/// </summary>
/// <param name="vocabulary">Text tokens of the vocabulary.</param>
/// <param name="most">The most that <see cref="Of"/> is asked for beside the chosen one.</param>
public sealed class LogProbabilities(int vocabulary, int most)
{
    private readonly float[] _logits = new float[vocabulary];
    private readonly double[] _weights = new double[vocabulary];
    private readonly ulong[] _entries = new ulong[Math.Min(2 * most, vocabulary)];

    /// <summary>The chosen text token's, and the likeliest ones'.</summary>
    /// <param name="logits">The model's logits.</param>
    /// <param name="chosen">The chosen text token.</param>
    /// <param name="top">Takes the likeliest, in order; as many as it is long.</param>
    /// <returns>The chosen one's.</returns>
    public LogProbability Of(ReadOnlySpan<float> logits, int chosen, Span<LogProbability> top)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(top.Length, most);
        Logits.CopyClean(logits, _logits);
        var max = Ranking.Max(_logits);
        var logTotal = Math.Log(Exponentials.Of(_logits, max, 1, _weights));
        if (top.Length > 0)
        {
            var found = Ranking.Top(_logits, top.Length, _entries);
            for (var i = 0; i < found; i++) top[i] = new(Ranking.Id(_entries[i]), Ranking.Logit(_entries[i]) - (double)max - logTotal);
            top[found..].Fill(new(-1, double.NegativeInfinity));
        }
        return new(chosen, _logits[chosen] - (double)max - logTotal);
    }
}
