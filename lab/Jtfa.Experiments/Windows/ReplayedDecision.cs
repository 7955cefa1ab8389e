using Jtfa.Core;

namespace Jtfa.Experiments.Windows;

/// <summary>A decision that a fusion node without any delay of its own would have made.</summary>
/// <param name="Id">The decision id: capture time / W, rounded.</param>
/// <param name="FiredAt">When it fired, seconds since 1970.</param>
/// <param name="Cause">K: the views needed were in. T: time was up.</param>
/// <param name="Views">The fused views, ascending.</param>
/// <param name="FillRatio">Distinct views / N.</param>
/// <param name="Bytes">UDP payload bytes fused.</param>
/// <param name="LatMean">Mean of (fire time − capture time) over what was fused, seconds.</param>
/// <param name="Pred">The class decided for.</param>
/// <param name="Gt">Majority label, ties to the smaller; −1 unknown.</param>
public sealed record ReplayedDecision(
    long Id, double FiredAt, FireCause Cause, int[] Views, double FillRatio, int Bytes, double LatMean, int Pred, int Gt)
{
    /// <summary>Whether the label is known and the decision right.</summary>
    public bool Correct => Gt >= 0 && Pred == Gt;

    /// <summary>What figures are made of.</summary>
    public MeasuredDecision Measured => new(FiredAt, Cause, Views.Length, FillRatio, Bytes, LatMean, Pred, Gt);
}

/// <summary>What a replay of windows came to.</summary>
/// <param name="Decisions">The decisions, by fire time.</param>
/// <param name="Late">Tokens that came after their decision had fired.</param>
/// <param name="Duplicates">Second tokens of a view before it fired: each replaced the one before.</param>
/// <param name="Surplus">Tokens of more than N distinct views.</param>
/// <param name="Rejected">Tokens too old, too far ahead, or of a decision that had gone.</param>
public sealed record ReplayedWindows(IReadOnlyList<ReplayedDecision> Decisions, int Late, int Duplicates, int Surplus, int Rejected);
