using System.Globalization;

namespace Jtfa.Experiments.Results;

/// <summary>When to decide: levels of <see cref="FactorNames.Strategy"/>.</summary>
public static class StrategyNames
{
    /// <summary>As soon as K of N views are in, or T passes.</summary>
    public const string KOfN = "k-of-n";

    /// <summary>When all N are in.</summary>
    public const string WaitForAll = "wait-for-all";

    /// <summary>So many milliseconds after the moment, whatever is in.</summary>
    public static string Delay(double ms) => string.Create(CultureInfo.InvariantCulture, $"delay-{ms}");
}
