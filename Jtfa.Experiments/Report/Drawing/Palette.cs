namespace Jtfa.Experiments.Report.Drawing;

/// <summary>
/// Colours that the colour-blind can tell apart (Okabe and Ito, "Color universal design", 2008), and a grey; in an order in which
/// neighbours
/// differ in lightness, too.
/// </summary>
internal static class Palette
{
    public const string Ink = "#222222";
    public const string Faint = "#666666";
    public const string Grid = "#e3e3e3";
    public const string Paper = "#ffffff";

    private static readonly string[] s_colours =
        ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000", "#F0E442", "#999999"];

    /// <summary>The colour of the series with an index; the tenth has the first's again.</summary>
    public static string Of(int series) => s_colours[series % s_colours.Length];
}
