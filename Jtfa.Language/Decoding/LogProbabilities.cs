namespace Jtfa.Language.Decoding;

/// <summary>A text token and the logarithm of its probability.</summary>
/// <param name="Id">The text token.</param>
/// <param name="Value">The natural logarithm; negative infinity for a probability of 0.</param>
public readonly record struct LogProbability(int Id, double Value);

/// <summary>
/// Logarithms of a model's own probabilities, those of its logits before every step of a sampler (as llama.cpp's server gives them, and
/// OpenAI's <c>logprobs</c> at temperature 1 without penalties): log softmax, with the largest logit taken out before the exponentials.
/// </summary>
/// <param name="buffers">Room that nothing else uses at the same time; a sampler between its steps does not.</param>
public sealed class LogProbabilities(SamplerBuffers buffers)
{
    /// <summary>The chosen text token's, and the likeliest ones'.</summary>
    /// <param name="logits">The model's logits.</param>
    /// <param name="chosen">The chosen text token.</param>
    /// <param name="top">Takes the likeliest, in order; as many as it is long.</param>
    /// <returns>The chosen one's.</returns>
    public LogProbability Of(ReadOnlySpan<float> logits, int chosen, Span<LogProbability> top)
    {
        var own = buffers.Logits;
        Logits.CopyClean(logits, own);
        var max = Ranking.Max(own);
        var logTotal = Math.Log(Exponentials.Of(own, max, 1, buffers.Weights));
        if (top.Length > 0)
        {
            var (found, entries) = (Ranking.Top(own, top.Length, buffers.Entries), buffers.Entries);
            for (var i = 0; i < found; i++) top[i] = new(Ranking.Id(entries[i]), Ranking.Logit(entries[i]) - (double)max - logTotal);
            top[found..].Fill(new(-1, double.NegativeInfinity));
        }
        return new(chosen, own[chosen] - (double)max - logTotal);
    }
}
