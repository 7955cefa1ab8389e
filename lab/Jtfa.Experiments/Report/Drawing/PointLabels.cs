using ScottPlot;
using SkiaSharp;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Labels beside points, each where it covers no point and no other label; one that has no such place is left out.</summary>
internal sealed class PointLabels(IReadOnlyList<(Coordinates At, string Text, bool IsBold)> points) : IPlottable
{
    private const float Height = 11;
    private const float MarkRadius = 4;
    private const float SamePlace = 46;

    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

    public void Render(RenderPack rp)
    {
        List<SKRect> taken = [.. points.Select(point => new PixelRect(Axes.GetPixel(point.At), MarkRadius).ToSKRect())];
        List<(string Text, Pixel At)> labelled = [];
        foreach (var point in points.OrderByDescending(point => point.IsBold))
        {
            // Points close together with the same label need it once, unless they stand out.
            var at = Axes.GetPixel(point.At);
            if (!point.IsBold && labelled.Exists(other => other.Text == point.Text && other.At.DistanceFrom(at) < SamePlace)) continue;
            var label = new LabelStyle { Text = point.Text, Alignment = Alignment.MiddleLeft, OffsetY = Chart.Lower };
            Chart.Style(label, Chart.SmallFont, point.IsBold);
            SKRect[] free =
            [
                .. Places(at, label.Measure(point.Text, rp.Paint).Width)
                    .Where(place => rp.DataRect.ToSKRect().Contains(place) && !taken.Exists(place.IntersectsWith)).Take(1),
            ];
            if (free.Length == 0) continue;
            taken.Add(free[0]);
            labelled.Add((point.Text, at));
            label.Render(rp.Canvas, new Pixel(free[0].Left, free[0].MidY), rp.Paint);
        }
    }

    // Right, left, above, below, the corners, and further above and below.
    private static IEnumerable<SKRect> Places(Pixel at, float width)
    {
        var (left, middle) = (-5 - width, -width / 2);
        (float X, float Y)[] places =
            [(6, -6), (left - 1, -6), (middle, -18), (middle, 7), (5, -17), (5, 6), (left, -17), (left, 6), (middle, -30), (middle, 19)];
        return places.Select(place => SKRect.Create(at.X + place.X, at.Y + place.Y, width, Height));
    }
}
