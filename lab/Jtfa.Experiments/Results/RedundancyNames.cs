using System.Globalization;
using Jtfa.Interfaces;

namespace Jtfa.Experiments.Results;

/// <summary>What a camera sends besides each token: levels of <see cref="FactorNames.Redundancy"/>.</summary>
public static class RedundancyNames
{
    /// <summary>Nothing.</summary>
    public const string None = "none";

    /// <summary>Of copies.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>Of tokens that are carried along.</summary>
    public const string Red = "red";

    /// <summary><c>none</c>, <c>duplicate-50</c> (milliseconds), <c>red-2</c> (tokens).</summary>
    public static string Of(TokenRedundancy redundancy) => redundancy.Kind switch
    {
        RedundancyKind.Duplicate => string.Create(CultureInfo.InvariantCulture, $"{Duplicate}-{redundancy.Delay}"),
        RedundancyKind.Red => string.Create(CultureInfo.InvariantCulture, $"{Red}-{redundancy.Tokens}"),
        _ => None,
    };
}
