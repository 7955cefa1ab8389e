namespace Jtfa.Language.Decoding;

/// <summary>
/// Decides how much of a draft is taken, so that the text's distribution is the target's own (Leviathan, Kalman and Matias, "Fast inference
/// from transformers via speculative decoding", 2023; Chen et al. 2023): a drafted x is accepted with probability min(1, p(x) / q(x)), and
/// the first that is refused is replaced by a draw from max(0, p - q), normalised. p and q are distributions after all steps of their
/// samplers. A target without chance (greedy, FSD) takes what it would have chosen, exactly.
/// </summary>
/// <param name="vocabulary">Text tokens of the vocabulary.</param>
/// <param name="endsText">Which text tokens end a text: nothing is taken after one.</param>
public sealed class SpeculativeSampler(int vocabulary, Func<int, bool>? endsText = null)
{
    private readonly Distribution _target = new(vocabulary);
    private readonly Distribution _rest = new(vocabulary);
    private readonly double[] _drafted = new double[vocabulary];

    /// <summary>Text tokens that were drafted.</summary>
    public long Proposed { get; private set; }

    /// <summary>Text tokens of drafts that were accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>
    /// Takes as much of a draft as may be taken, and one text token more that the target chooses. The target accepts all of them; the
    /// draft's own sampler is the caller's to rewind.
    /// </summary>
    /// <param name="target">The target's sampler, which has accepted all that stands before the draft.</param>
    /// <param name="logits">The target's logits: a row before each drafted text token and one after the last.</param>
    /// <param name="proposed">The draft.</param>
    /// <param name="drafts">The distributions that it was drawn from; empty when it was chosen without chance.</param>
    /// <param name="taken">Takes the text tokens; one longer than the draft.</param>
    /// <param name="constraint">What the text has to be; it accepts what is taken.</param>
    /// <returns>How many are taken, from 1 to one more than the draft's length.</returns>
    public int Verify(
        Sampler target, ReadOnlySpan<float> logits, ReadOnlySpan<int> proposed, ReadOnlySpan<Distribution> drafts, Span<int> taken,
        JsonConstraint? constraint = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (drafts.Length != 0 && drafts.Length != proposed.Length)
            throw new ArgumentException($"{proposed.Length} text tokens are drafted, and {drafts.Length} distributions given.");
        Proposed += proposed.Length;
        for (var i = 0; ; i++)
        {
            target.Process(logits.Slice(i * vocabulary, vocabulary), _target, constraint);
            var draft = i < drafts.Length ? drafts[i] : null;
            var isDrafted = i < proposed.Length && Accepts(target, proposed[i], draft);
            taken[i] = isDrafted ? proposed[i] : target.Draw(i < proposed.Length ? Rest(proposed[i], draft) : _target);
            target.Accept(taken[i]);
            constraint?.Accept(taken[i]);
            if (isDrafted) Accepted++;
            if (!isDrafted || endsText?.Invoke(taken[i]) == true) return i + 1;
        }
    }

    private bool Accepts(Sampler target, int id, Distribution? draft)
    {
        var (p, q) = (_target.Of(id), draft?.Of(id) ?? 1);
        if (p >= q) return true;
        if (p == 0) return false;
        var random = target.Random;
        var accepts = random.NextDouble() * q < p;
        target.Random = random;
        return accepts;
    }

    private Distribution Rest(int id, Distribution? draft)
    {
        if (draft is null) _drafted[id] = 1;
        else for (var i = 0; i < draft.Ids.Length; i++) _drafted[draft.Ids[i]] = draft.Probabilities[i];
        var (count, total) = (0, 0.0);
        for (var i = 0; i < _target.Ids.Length; i++)
        {
            var rest = _target.Probabilities[i] - _drafted[_target.Ids[i]];
            if (rest <= 0) continue;
            (_rest.IdRoom[count], _rest.Room[count]) = (_target.Ids[i], rest);
            total += rest;
            count++;
        }
        if (draft is null) _drafted[id] = 0;
        else foreach (var drafted in draft.Ids) _drafted[drafted] = 0;
        // Nothing rests where the two are equal but for rounding; a draw from the target is then right.
        if (count == 0) return _target;
        _rest.Set(count, total);
        return _rest;
    }
}
