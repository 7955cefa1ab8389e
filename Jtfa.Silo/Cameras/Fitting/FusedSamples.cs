namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>
/// The tokens of one class, view by view, and which of them were captured at the same moment. Views that were captured apart share no
/// moment: then a token of another moment of the class stands in, drawn at random. That takes views to be independent within a class, which
/// is the most that captures made apart can say.
/// </summary>
/// <param name="tokens">Of each view, tokens of one length; a view may have none.</param>
/// <param name="moments">One index a view into its tokens; −1 where it has none of that moment.</param>
public sealed class FusedSamples(IReadOnlyList<IReadOnlyList<float[]>> tokens, IReadOnlyList<int[]> moments)
{
    /// <summary>Of each view, its tokens.</summary>
    public IReadOnlyList<IReadOnlyList<float[]>> Tokens { get; } = tokens;

    /// <summary>Moments of the class, in the order of capture.</summary>
    public IReadOnlyList<int[]> Moments { get; } = moments;

    /// <summary>The tokens of a moment: of each view its own, else one drawn from those of the class, else none.</summary>
    public IEnumerable<float[]> At(int moment, Random random)
    {
        for (var view = 0; view < Tokens.Count; view++)
        {
            if (Moments[moment][view] is >= 0 and var own) yield return Tokens[view][own];
            else if (Tokens[view].Count > 0) yield return Tokens[view][random.Next(Tokens[view].Count)];
        }
    }
}
