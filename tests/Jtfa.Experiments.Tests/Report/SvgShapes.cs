using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Jtfa.Experiments.Report.Drawing;

namespace Jtfa.Experiments.Tests.Report;

/// <summary>A shape of a figure: what it is, its colour, and the box about it in pixels.</summary>
internal sealed record SvgShape(XElement Element, string Colour, double Left, double Top, double Right, double Bottom)
{
    public double X => (Left + Right) / 2;

    public double Y => (Top + Bottom) / 2;

    public bool Covers(SvgShape other) => other.X > Left && other.X < Right && other.Y > Top && other.Y < Bottom;
}

/// <summary>A figure's shapes: those that are drawn, its texts, and what tells about marks.</summary>
internal sealed partial class SvgShapes
{
    public SvgShapes(XElement svg)
    {
        Width = Attribute(svg, "width");
        Height = Attribute(svg, "height");
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"0 0 {Width} {Height}"), svg.Attribute("viewBox")!.Value);
        foreach (var element in svg.Descendants().Where(element => element.Name != Chart.Svg + "title"))
        {
            var shape = Read(element);
            var isTip = element.Element(Chart.Svg + "title") is not null;
            (isTip ? Tips : element.Name.LocalName == "text" ? Texts : Drawn).Add(shape);
        }
    }

    public double Width { get; }

    public double Height { get; }

    public List<SvgShape> Drawn { get; } = [];

    public List<SvgShape> Texts { get; } = [];

    /// <summary>What lies over marks and tells what they are.</summary>
    public List<SvgShape> Tips { get; } = [];

    public IEnumerable<string> Words => Texts.Select(text => text.Element.Value);

    public static string TextOf(SvgShape tip) => tip.Element.Element(Chart.Svg + "title")!.Value;

    /// <summary>The mark of a series about a tip's middle: not a line.</summary>
    public SvgShape Mark(SvgShape tip, int series) => Assert.Single(Drawn, shape =>
        shape.Colour == ColourOf(series) && shape.Element.Attribute("stroke-width") is null && Math.Abs(shape.X - tip.X) < 0.1
        && tip.Y > shape.Top && tip.Y < shape.Bottom);

    /// <summary>The interval of a series' mark along the bottom.</summary>
    public SvgShape Interval(SvgShape tip, int series) => Assert.Single(Drawn, shape =>
        shape.Colour == ColourOf(series) && shape.Element.Attribute("stroke-width") is not null && Math.Abs(shape.Y - tip.Y) < 0.01
        && shape.Left <= tip.X + 0.01 && shape.Right >= tip.X - 0.01);

    /// <summary>Everything lies in the view box: marks, lines with their ends, texts as wide as they are set.</summary>
    public void LieInside()
    {
        foreach (var shape in Drawn.Concat(Texts).Concat(Tips))
        {
            var isInside = shape is { Left: >= 0, Top: >= 0 } && shape.Right <= Width && shape.Bottom <= Height;
            Assert.True(isInside, $"{shape.Element} in {Width} × {Height}");
        }
    }

    private static string ColourOf(int series) => Palette.ColorAt(series).ToHex() is "#000000" ? "black" : Palette.ColorAt(series).ToHex();

    private static SvgShape Read(XElement element)
    {
        var fill = element.Attribute("fill")?.Value;
        var colour = fill is null or "none" ? element.Attribute("stroke")?.Value ?? "" : fill;
        SvgShape Box(IEnumerable<(double X, double Y)> points)
        {
            var all = points.Select(point => Move(element, point)).ToList();
            return new(element, colour, all.Min(at => at.X), all.Min(at => at.Y), all.Max(at => at.X), all.Max(at => at.Y));
        }

        return element.Name.LocalName switch
        {
            "rect" => Box([(At(element, "x"), At(element, "y")),
                (At(element, "x") + Attribute(element, "width"), At(element, "y") + Attribute(element, "height"))]),
            "ellipse" => Box([(Attribute(element, "cx") - Attribute(element, "rx"), Attribute(element, "cy") - Attribute(element, "ry")),
                (Attribute(element, "cx") + Attribute(element, "rx"), Attribute(element, "cy") + Attribute(element, "ry"))]),
            "path" => Box(Points(element.Attribute("d")!.Value)),
            "text" => Box(TextCorners(element)),
            var other => throw new InvalidDataException($"{other} is not known to these tests: {element}"),
        };
    }

    private static IEnumerable<(double, double)> Points(string path)
    {
        Assert.Matches("^[-MLZ0-9. e]+$", path);
        double[] numbers = [.. Numbers().Matches(path).Select(match => Number(match.Value))];
        return numbers.Chunk(2).Select(pair => (pair[0], pair[1]));
    }

    // From the line that the letters stand on up to their height, without what hangs below.
    private static (double, double)[] TextCorners(XElement text)
    {
        var (left, bottom, size) = (Attribute(text, "x"), Attribute(text, "y"), Attribute(text, "font-size"));
        return [(left, bottom - (0.75 * size)), (left + Attribute(text, "textLength"), bottom)];
    }

    // Translated, or turned by 90 degrees, too.
    private static (double X, double Y) Move(XElement element, (double X, double Y) point)
    {
        double[] to = [.. Numbers().Matches(element.Attribute("transform")?.Value ?? "").Select(match => Number(match.Value))];
        if (to.Length == 6) Assert.Equal([0, -1, 1, 0], to[..4]);
        return to.Length switch
        {
            0 => point,
            2 => (point.X + to[0], point.Y + to[1]),
            _ => (point.Y + to[4], to[5] - point.X),
        };
    }

    private static double At(XElement element, string attribute) =>
        element.Attribute(attribute) is null ? 0 : Attribute(element, attribute);

    private static double Attribute(XElement element, string attribute) => Number(element.Attribute(attribute)!.Value);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"-?[0-9.]+(e-?[0-9]+)?")]
    private static partial Regex Numbers();
}
