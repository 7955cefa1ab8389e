using Jtfa.Core;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>What a fit is worth, on samples that it has not seen.</summary>
/// <param name="Views">Numbers of the views.</param>
/// <param name="Classes">Of each class, its figures.</param>
/// <param name="Features">F, the length of the backbone's vectors.</param>
/// <param name="Dimension">d, the length of tokens.</param>
/// <param name="Kept">Part of the variance that tokens keep: of all for PCA, of that between classes for LDA.</param>
public sealed record FitReport(
    IReadOnlyList<int> Views, IReadOnlyList<ClassFigures> Classes, int Features, int Dimension, double Kept)
{
    /// <summary>Right decisions of each view alone, each class weighing the same; NaN where none was held out.</summary>
    public IReadOnlyList<double> ByView =>
        [.. Views.Index().Select(view => Mean(Classes.Select(one => one.ByView[view.Index])))];

    /// <summary>Right decisions of all views fused, each class weighing the same.</summary>
    public double Fused => Mean(Classes.Select(one => one.Fused));

    private static double Mean(IEnumerable<double> values) => values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Judges a head by samples of one class.</summary>
    /// <param name="name">The class's name.</param>
    /// <param name="label">The class's number.</param>
    /// <param name="fitted">Moments that the head was fitted on.</param>
    /// <param name="heldOut">Tokens that it was not fitted on.</param>
    /// <param name="head">The head.</param>
    /// <param name="random">Draws tokens of views that were captured apart.</param>
    internal static ClassFigures Judge(string name, int label, int fitted, FusedSamples heldOut, FusionHead head, Random random)
    {
        double[] byView = [.. heldOut.Tokens.Select(tokens => Share(tokens.Select(token => Decide(head, [token])), label))];
        var fused = Enumerable.Range(0, heldOut.Moments.Count).Select(moment => Decide(head, [.. heldOut.At(moment, random)]));
        return new ClassFigures(name, fitted, heldOut.Moments.Count, byView, Share(fused, label));
    }

    private static int Decide(FusionHead head, float[][] tokens)
    {
        float[] qualities = [.. Enumerable.Repeat(1f, tokens.Length)];
        var fused = new float[head.Dimension];
        head.Fuse([.. tokens.SelectMany(token => token)], qualities, head.Beta, new float[tokens.Length], fused);
        return head.Decide(fused).Pred;
    }

    private static double Share(IEnumerable<int> decisions, int label) =>
        decisions.Select(decision => decision == label ? 1.0 : 0.0).DefaultIfEmpty(double.NaN).Average();
}

/// <summary>Figures of one class.</summary>
/// <param name="Class">Its name.</param>
/// <param name="Fitted">Moments that were fitted on.</param>
/// <param name="HeldOut">Moments that were held out.</param>
/// <param name="ByView">Right decisions of each view alone, 0 … 1; NaN where none was held out.</param>
/// <param name="Fused">Right decisions of all views fused.</param>
public sealed record ClassFigures(string Class, int Fitted, int HeldOut, IReadOnlyList<double> ByView, double Fused);
