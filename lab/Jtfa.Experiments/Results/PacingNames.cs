using System.Globalization;

namespace Jtfa.Experiments.Results;

/// <summary>Which tokens a camera sends: levels of <see cref="FactorNames.Pacing"/>.</summary>
public static class PacingNames
{
    /// <summary>Every one.</summary>
    public const string Every = "every";

    /// <summary>Every second one.</summary>
    public const string Second = "every-second";

    /// <summary>Those that have moved by this share of their length.</summary>
    public static string Moved(double delta) => string.Create(CultureInfo.InvariantCulture, $"moved-{delta}");
}
