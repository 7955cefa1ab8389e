using System.Globalization;

namespace Jtfa.Experiments.Results;

/// <summary>When to decide: levels of <see cref="FactorNames.Strategy"/>.</summary>
public static class StrategyNames
{
    /// <summary>As soon as K of N views are in, or T passes.</summary>
    public const string KOfN = "k-of-n";

    /// <summary>The same, T found from how long views have taken of late.</summary>
    public const string Adaptive = "adaptive";

    /// <summary>The same, K found besides from which views are silent.</summary>
    public const string AdaptiveK = "adaptive-k";

    /// <summary>K of N, T so many milliseconds.</summary>
    public static string Fixed(double ms) => string.Create(CultureInfo.InvariantCulture, $"T-{ms}");

    /// <summary>When all N are in.</summary>
    public const string WaitForAll = "wait-for-all";

    /// <summary>So many milliseconds after the moment, whatever is in.</summary>
    public static string Delay(double ms) => string.Create(CultureInfo.InvariantCulture, $"delay-{ms}");
}
