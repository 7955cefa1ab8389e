using System.Globalization;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Statistics;

/// <summary>
/// The order in which factors and their levels are told: of factors the known ones as a reader expects them; of levels numbers by size,
/// known names likewise, others by name.
/// </summary>
public sealed class FactorLevels : IComparer<string>
{
    private static readonly string[] s_factors =
    [
        FactorNames.Node, FactorNames.Source, FactorNames.Model, FactorNames.Profile, FactorNames.TextsPerSilo, FactorNames.Silos,
        FactorNames.How, FactorNames.What, FactorNames.Encoding,
        FactorNames.Quantiser, FactorNames.Dimension, FactorNames.K, FactorNames.T, FactorNames.W, FactorNames.Strategy,
        FactorNames.Redundancy, FactorNames.Pacing, FactorNames.Rate, FactorNames.Speed,
    ];

    private static readonly string[] s_levels =
    [
        "loopback", "wired", "wifi-good", "wifi-busy", "one-straggler", "one-dead", "burst-loss", "fades",
        "token", "penultimate", "feature-map", "plain", "psmix", "hmix", "v1-int8", "int8", "int4", "q3h", "fp32",
        "k-of-n", "wait-for-all", "live", "replayed", "jtfa", "published", "trace", "published-producers", "jtfa-cameras",
    ];

    /// <summary>The order of levels.</summary>
    public static FactorLevels Order { get; } = new();

    /// <summary>Factors in order.</summary>
    public static IReadOnlyList<string> Sort(IEnumerable<string> factors) =>
        [.. factors.Distinct().OrderBy(factor => Rank(s_factors, factor)).ThenBy(factor => factor, StringComparer.Ordinal)];

    /// <summary>A level as a number; null where it is none.</summary>
    public static double? Number(string level) =>
        double.TryParse(level, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var (first, second) = (x ?? "", y ?? "");
        var bySize = (Number(first) ?? double.PositiveInfinity).CompareTo(Number(second) ?? double.PositiveInfinity);
        if (bySize != 0) return bySize;
        var byRank = Rank(s_levels, first).CompareTo(Rank(s_levels, second));
        if (byRank != 0) return byRank;
        var byLength = TrailingNumber(first, second);
        return byLength != 0 ? byLength : string.CompareOrdinal(first, second);
    }

    private static int Rank(string[] order, string name) => Array.IndexOf(order, name) is >= 0 and var at ? at : order.Length;

    // delay-5 before delay-30.
    private static int TrailingNumber(string first, string second)
    {
        var (a, b) = (first.LastIndexOf('-') + 1, second.LastIndexOf('-') + 1);
        var isSameKind = first.AsSpan(0, a).SequenceEqual(second.AsSpan(0, b));
        return isSameKind && Number(first[a..]) is { } x && Number(second[b..]) is { } y ? x.CompareTo(y) : 0;
    }
}
