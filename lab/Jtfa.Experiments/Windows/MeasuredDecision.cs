using Jtfa.Core;

namespace Jtfa.Experiments.Windows;

/// <summary>What figures are made of: the part of a decision that they need, whether a silo logged it or it was replayed.</summary>
/// <param name="FiredAt">When it fired, seconds since 1970.</param>
/// <param name="Cause">Why it fired.</param>
/// <param name="M">Tokens fused.</param>
/// <param name="FillRatio">Distinct views / N.</param>
/// <param name="Bytes">UDP payload bytes fused.</param>
/// <param name="LatMean">Mean of (fire time − capture time) over its tokens, seconds.</param>
/// <param name="Pred">The class decided for.</param>
/// <param name="Gt">Ground truth; −1 unknown.</param>
public readonly record struct MeasuredDecision(
    double FiredAt, FireCause Cause, int M, double FillRatio, int Bytes, double LatMean, int Pred, int Gt)
{
    /// <summary>Distinct views fused, of N expected.</summary>
    public int DistinctViews(int n) => (int)Math.Round(FillRatio * n);
}
