namespace Jtfa.Language.Decoding;

/// <summary>
/// A language model of n-grams made from the text so far, whose likely continuations are repetitions (Yang et al. 2023, §3). Its
/// probability of v goes from the longest n-gram to the shortest with a rest of 1: where v has followed the last i ids, c of t times,
/// it gains rest · β · c / (t + 1), and the rest loses its β-th part; the single ids (i = 0) gain rest · c / t. Where v never followed,
/// the rest is left to shorter ones. That is the smoothing of the authors' program; their paper has t where it
/// has t + 1. A step costs O(n²) comparisons of ids for each candidate, whatever the length of the text.
/// </summary>
internal sealed class AntiLanguageModel(int order, double beta)
{
    // Counts of all n-grams up to the order.
    private readonly NgramTable _counts = new();

    public void Append(int id)
    {
        _counts.Text.Add(id);
        for (var length = 1; length <= order && length <= _counts.Text.Count; length++) _counts.At(length)++;
    }

    public void RemoveLast()
    {
        for (var length = Math.Min(order, _counts.Text.Count); length >= 1; length--)
            if (--_counts.At(length) == 0) _counts.ForgetLast();
        _counts.Text.RemoveAt(_counts.Text.Count - 1);
    }

    public double Of(int id)
    {
        var text = _counts.Text;
        if (text.Count < order - 1 || text.Count == 0) return 0;
        var (score, rest) = (0.0, 1.0);
        for (var context = order - 1; context >= 0; context--)
        {
            var count = _counts.Find(context, id);
            if (count == 0) continue;
            // The context itself is the end of the text: its last place has no id after it yet.
            if (context == 0) score += rest * count / text.Count;
            else score += rest * beta * count / _counts.At(context);
            rest -= rest * beta;
        }
        return score;
    }
}
