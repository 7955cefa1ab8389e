using System.Globalization;
using System.Text;
using System.Xml.Linq;
using ScottPlot;
using SkiaSharp;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>A figure: panels in rows, under a title and a legend, as one SVG document.</summary>
internal static class Chart
{
    public const float Font = 12;
    public const float SmallFont = 11;

    /// <summary>By how much texts beside something are lowered: ScottPlot centres a line with the room below its letters.</summary>
    public const float Lower = 2.5f;

    public static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private const float TitleFont = 14;
    private const float TitleRoom = 34;
    private const float Margin = 12;
    private const float Width = 760;

    /// <summary>Draws a figure.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="keys">What its marks stand for; a single one needs no legend.</param>
    /// <param name="panels">Its panels, which are disposed of.</param>
    /// <param name="columns">How many are side by side.</param>
    /// <param name="panelHeight">How high each is, with its title and its axis.</param>
    public static XElement Draw(string title, IReadOnlyList<LegendItem> keys, IReadOnlyList<Panel> panels, int columns, int panelHeight)
    {
        using var paint = Paint.NewDisposablePaint();
        var legend = LegendOf(keys);
        var room = new PixelSize(Width - (2 * Margin), float.MaxValue);
        var top = TitleRoom + (keys.Count < 2 ? 0 : MathF.Ceiling(legend.GetLayout(room, paint).LegendRect.Height) + 6);
        var (panelWidth, height) = (Width / columns, top + (((panels.Count + columns - 1) / columns) * panelHeight));
        using var stream = new MemoryStream();
        List<XElement> tips = [];
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, height), stream))
        {
            canvas.Clear(SKColors.White);
            var head = new LabelStyle();
            Style(head, TitleFont, isBold: true);
            head.Render(canvas, new Pixel(Margin, 8), paint, Cut(title, room.Width, TitleFont));
            if (keys.Count >= 2) legend.Render(canvas, paint, new PixelRect(Margin, Width - Margin, top, TitleRoom), Alignment.UpperLeft);
            for (var i = 0; i < panels.Count; i++)
            {
                using var panel = panels[i];
                var place = new PixelRect(new Pixel(i % columns * panelWidth, top + (i / columns * panelHeight)), panelWidth, panelHeight);
                tips.AddRange(panel.Draw(canvas, place.Contract(Margin / 2, 0)));
            }
        }

        return Finish(XElement.Parse(Encoding.UTF8.GetString(stream.ToArray())), title, tips);
    }

    /// <summary>Sets how a text looks.</summary>
    public static void Style(LabelStyle label, float size = SmallFont, bool isBold = false) =>
        (label.FontName, label.FontSize, label.Bold, label.ForeColor) = (ChartFont.Name, size, isBold, Palette.Ink);

    /// <summary>A text that fits in bold, with an ellipsis where it would not.</summary>
    public static string Cut(string text, float width, float size = Font)
    {
        var (cut, letters) = (text, text.Length);
        while (letters > 1 && WidthOf(cut, size, isBold: true) > width) cut = $"{text[..--letters]}…";
        return cut;
    }

    private static float WidthOf(string text, float size, bool isBold)
    {
        using var paint = Paint.NewDisposablePaint();
        var label = new LabelStyle();
        Style(label, size, isBold);
        return label.Measure(text, paint).Width;
    }

    private static Legend LegendOf(IReadOnlyList<LegendItem> keys)
    {
        foreach (var key in keys)
        {
            Style(key.LabelStyle, Font);
            (key.LabelText, key.LabelStyle.OffsetY) = (Cut(key.LabelText, Width / 2), Lower);
        }

        return new Legend(new Plot())
        {
            ManualItems = [.. keys],
            Orientation = Orientation.Horizontal,
            TightHorizontalWrapping = true,
            OutlineWidth = 0,
            ShadowColor = Colors.Transparent,
            Padding = new(0),
            SymbolWidth = Font,
            InterItemPadding = new(0, 16, 4, 0),
        };
    }

    // Makes Skia's SVG fit for a page that has several: it scales, and has no clip paths, whose names would be the same in each.
    private static XElement Finish(XElement svg, string title, IEnumerable<XElement> tips)
    {
        svg.Attributes().Where(attribute => attribute.IsNamespaceDeclaration && attribute.Value != Svg).Remove();
        svg.Add(
            new XAttribute("viewBox", $"0 0 {svg.Attribute("width")!.Value} {svg.Attribute("height")!.Value}"),
            new XAttribute("role", "img"), new XAttribute("font-family", $"'{ChartFont.Name}', Verdana, sans-serif"));
        svg.Descendants(Svg + "clipPath").Remove();
        svg.Descendants().Attributes("stroke-miterlimit").Remove();
        foreach (var group in svg.Descendants(Svg + "g").ToList()) group.ReplaceWith(group.Nodes());
        foreach (var text in svg.Descendants(Svg + "text")) JoinLetters(text);
        svg.AddFirst(new XElement(Svg + "title", title));
        svg.Add(tips);
        return svg;
    }

    // Skia places each letter by itself. Placed as a whole, a text looks right in any font that the reader has, as wide as measured.
    private static void JoinLetters(XElement text)
    {
        var size = float.Parse(text.Attribute("font-size")!.Value, CultureInfo.InvariantCulture);
        text.Value = text.Value.Trim();
        foreach (var place in new[] { "x", "y" }) text.SetAttributeValue(place, text.Attribute(place)!.Value.Split(',')[0]);
        text.SetAttributeValue("textLength", Math.Round(WidthOf(text.Value, size, text.Attribute("font-weight") is not null), 2));
        text.SetAttributeValue("lengthAdjust", "spacingAndGlyphs");
        text.SetAttributeValue("font-family", null);
    }
}
