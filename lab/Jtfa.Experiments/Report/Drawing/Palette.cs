using ScottPlot;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>How series look: a colour, and one of four shapes for those who see no colours.</summary>
internal static class Palette
{
    public static readonly Color Ink = Color.FromHex("#222222");
    public static readonly Color Grid = Color.FromHex("#e3e3e3");

    // Okabe and Ito, "Color universal design", 2008, for the colour-blind, and a grey; neighbours differ in lightness, too.
    private static readonly Color[] s_colours =
        Color.FromHex(["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000", "#F0E442", "#999999"]);

    // A triangle or a diamond as wide as a circle looks smaller.
    private static readonly (IMarker Shape, float Size)[] s_shapes =
    [
        (MarkerShape.FilledCircle.GetMarker(), 7), (MarkerShape.FilledSquare.GetMarker(), 6.5f), (PolygonMark.Triangle, 9),
        (PolygonMark.Diamond, 9),
    ];

    /// <summary>The colour of the series with an index; the tenth has the first's again.</summary>
    public static Color ColorAt(int series) => s_colours[series % s_colours.Length];

    /// <summary>Its mark.</summary>
    public static MarkerStyle Mark(int series, bool isHollow = false)
    {
        var (shape, size) = s_shapes[series % s_shapes.Length];
        var mark = new MarkerStyle(MarkerShape.FilledCircle, size, ColorAt(series)) { CustomRenderer = shape };
        if (isHollow) (mark.FillColor, mark.OutlineColor, mark.OutlineWidth) = (Colors.White, ColorAt(series), 1.2f);
        return mark;
    }

    /// <summary>A legend's entry about it.</summary>
    public static LegendItem Key(string text, int series) => new() { LabelText = text, MarkerStyle = Mark(series) };

    /// <summary>The same of an area.</summary>
    public static LegendItem Area(string text, int series) => new() { LabelText = text, FillColor = ColorAt(series) };
}
