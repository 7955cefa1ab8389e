using System.Globalization;
using System.Xml.Linq;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Elements of SVG 1.1. Coordinates are pixels from the upper left; text is escaped by the XML writer.</summary>
internal static class Svg
{
    /// <summary>The width of every figure.</summary>
    public const double Width = 760;

    /// <summary>Marks' radius.</summary>
    public const double Radius = 3.5;

    public const double FontSize = 12;
    public const double SmallFont = 11;
    public const double TitleFont = 14;

    private const string Fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

    // The mean width of a letter, of the font's size: rather too wide than too narrow.
    private const double LetterWidth = 0.57;

    public static readonly XNamespace Namespace = "http://www.w3.org/2000/svg";

    /// <summary>A figure with a white ground of its own and its title at the upper left.</summary>
    public static XElement Root(double height, string title, IEnumerable<XElement> content) => Make(
        "svg",
        ("viewBox", $"0 0 {Number(Width)} {Number(height)}"), ("width", Number(Width)), ("height", Number(height)), ("role", "img"),
        ("font-family", Fonts), ("font-size", Number(FontSize)), ("fill", Palette.Ink)).With(
        Tip(title),
        Make("rect", ("x", "0"), ("y", "0"), ("width", Number(Width)), ("height", Number(height)), ("fill", Palette.Paper)),
        Text(12, 22, Cut(title, Width - 24, TitleFont), size: TitleFont, isBold: true),
        content);

    public static XElement Text(
        double x, double y, string text, string anchor = "start", double size = FontSize, bool isBold = false, string? colour = null,
        bool isUpright = false)
    {
        var element = Make("text", ("x", Number(x)), ("y", Number(y)), ("font-size", Number(size)));
        if (anchor != "start") element.SetAttributeValue("text-anchor", anchor);
        if (isBold) element.SetAttributeValue("font-weight", "600");
        if (colour is not null) element.SetAttributeValue("fill", colour);
        if (isUpright) element.SetAttributeValue("transform", $"rotate(-90 {Number(x)} {Number(y)})");
        return element.With(text);
    }

    public static XElement Line(double x1, double y1, double x2, double y2, string colour, double width = 1, string? dashes = null)
    {
        var line = Make(
            "line", ("x1", Number(x1)), ("y1", Number(y1)), ("x2", Number(x2)), ("y2", Number(y2)), ("stroke", colour),
            ("stroke-width", Number(width)));
        if (dashes is not null) line.SetAttributeValue("stroke-dasharray", dashes);
        return line;
    }

    public static XElement Path(IEnumerable<(double X, double Y)> points, string colour) => Make(
        "polyline",
        ("points", string.Join(' ', points.Select(point => $"{Number(point.X)},{Number(point.Y)}"))),
        ("fill", "none"), ("stroke", colour), ("stroke-width", "1.5"));

    public static XElement Rectangle(double x, double y, double width, double height, string colour) =>
        Make("rect", ("x", Number(x)), ("y", Number(y)), ("width", Number(width)), ("height", Number(height)), ("fill", colour));

    /// <summary>A series' mark: its colour, and one of four shapes for those who see no colours.</summary>
    public static XElement Mark(int series, double x, double y, bool isHollow = false)
    {
        const double R = Radius;
        var mark = (series % 4) switch
        {
            0 => Make("circle", ("cx", Number(x)), ("cy", Number(y)), ("r", Number(R))),
            1 => Rectangle(x - R + 0.3, y - R + 0.3, (2 * R) - 0.6, (2 * R) - 0.6, Palette.Of(series)),
            2 => Polygon((x, y - R), (x + R, y + R), (x - R, y + R)),
            _ => Polygon((x, y - R), (x + R, y), (x, y + R), (x - R, y)),
        };
        mark.SetAttributeValue("fill", isHollow ? Palette.Paper : Palette.Of(series));
        mark.SetAttributeValue("stroke", Palette.Of(series));
        mark.SetAttributeValue("stroke-width", "1.2");
        return mark;
    }

    /// <summary>Elements that a pointer's rest tells about.</summary>
    public static XElement Group(string tip, params XElement[] elements) => Make("g").With(Tip(tip), elements);

    /// <summary>How wide a text is at most, about.</summary>
    public static double WidthOf(string text, double size = FontSize) => text.Length * size * LetterWidth;

    /// <summary>A text that fits, with an ellipsis where it would not.</summary>
    public static string Cut(string text, double width, double size = FontSize)
    {
        var letters = Math.Max(1, (int)(width / (size * LetterWidth)));
        return text.Length <= letters ? text : $"{text[..(letters - 1)]}…";
    }

    private static XElement Tip(string text) => Make("title").With(text);

    private static XElement Polygon(params (double X, double Y)[] points) =>
        Make("polygon", ("points", string.Join(' ', points.Select(point => $"{Number(point.X)},{Number(point.Y)}"))));

    private static XElement Make(string name, params (string Name, string Value)[] attributes) =>
        new(Namespace + name, attributes.Select(attribute => new XAttribute(attribute.Name, attribute.Value)));

    private static XElement With(this XElement element, params object[] content)
    {
        element.Add(content);
        return element;
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
