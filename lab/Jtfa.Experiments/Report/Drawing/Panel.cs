using System.Xml.Linq;
using Jtfa.Experiments.Results;
using ScottPlot;
using ScottPlot.Plottables;
using SkiaSharp;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>A plot between two scales. Numbers are in the scales' units; <see cref="Coordinates"/> are places on the scales.</summary>
internal sealed class Panel : IDisposable
{
    private const float Reach = 5;
    private const float AxisRoom = 60;

    private readonly Plot _plot = new();
    private readonly Scale _x;
    private readonly Scale _y;
    private readonly List<(CoordinateRect Where, string Text)> _tips = [];

    public Panel(string title, Scale x, Scale y)
    {
        (_x, _y) = (x, y);
        _plot.FigureBackground.Color = Colors.Transparent;
        _plot.Grid.MajorLineColor = Palette.Grid;
        _plot.Axes.Title.Label.Text = title;
        Chart.Style(_plot.Axes.Title.Label, Chart.Font, isBold: true);
        foreach (var axis in _plot.Axes.GetAxes())
        {
            axis.FrameLineStyle.Width = axis.MajorTickStyle.Width = axis.MajorTickStyle.Length = 0;
            Chart.Style(axis.Label);
            Chart.Style(axis.TickLabelStyle);
        }

        // Labels of the last ticks reach beyond their axis.
        _plot.Axes.Right.MinimumSize = 24;
        _plot.Axes.Top.IsVisible = false;
        _plot.Axes.Left.TickLabelStyle.OffsetY = Chart.Lower;
        x.Set(_plot.Axes.Bottom);
        y.Set(_plot.Axes.Left);
    }

    public void Dispose() => _plot.Dispose();

    /// <summary>Draws a point with its intervals.</summary>
    /// <param name="series">Its series.</param>
    /// <param name="x">Where along the bottom.</param>
    /// <param name="y">Where along the left.</param>
    /// <param name="tip">The text shown while the pointer rests on it.</param>
    /// <param name="aside">By how much it is moved to the right, as a share of the scale.</param>
    /// <param name="isHollow">Whether it is hollow.</param>
    /// <returns>Where it is.</returns>
    public Coordinates Mark(int series, Estimate x, Estimate y, string tip, double aside = 0, bool isHollow = false)
    {
        var (left, across, right) = (_x.At(x.Low), _x.At(x.Median), _x.At(x.High));
        var at = new Coordinates(Math.Clamp(across + (aside * (_x.High - _x.Low)), _x.Low, _x.High), _y.At(y.Median));
        _plot.Add.Plottable(new ErrorBar([at.X], [at.Y], [right - across], [across - left], [_y.At(y.High) - at.Y], [at.Y - _y.At(y.Low)])
        {
            Color = Palette.ColorAt(series),
            LineWidth = 1.6f,
            CapSize = 0,
        });
        _plot.Add.Marker(at).MarkerStyle = Palette.Mark(series, isHollow);
        _tips.Add((new(at, at), tip));
        return at;
    }

    /// <summary>Joins points by a line under all marks.</summary>
    public void Join(int series, List<Coordinates> points)
    {
        var line = _plot.Add.ScatterLine(points, Palette.ColorAt(series));
        line.LineWidth = 1.5f;
        _plot.MoveToBack(line);
    }

    /// <summary>Draws a bar along the bottom scale; its place and its height are coordinates on the left.</summary>
    public void Bar(int series, double y, double from, double to, double height, string tip)
    {
        var bar = new Bar { Position = y, ValueBase = _x.At(from), Value = _x.At(to), Size = height, FillColor = Palette.ColorAt(series) };
        (bar.LineWidth, bar.Orientation) = (0, Orientation.Horizontal);
        _plot.Add.Bar(bar);
        _tips.Add((bar.Rect, tip));
    }

    /// <summary>Draws a dashed line upwards.</summary>
    /// <returns>The legend's entry about it.</returns>
    public LegendItem Line(double x, string text)
    {
        var dashes = new LineStyle(1.2f, Palette.Ink, LinePattern.DenselyDashed);
        _plot.Add.VerticalLine(_x.At(x)).LineStyle = dashes;
        return new() { LabelText = text, LineStyle = dashes };
    }

    /// <summary>Writes a text that begins at a place.</summary>
    public void Text(Coordinates at, string text, float size = Chart.SmallFont, bool isBold = false, float right = 0)
    {
        var added = _plot.Add.Text(text, at);
        (added.LabelAlignment, added.OffsetX, added.OffsetY) = (Alignment.MiddleLeft, right, Chart.Lower);
        added.LabelBackgroundColor = Colors.White;
        Chart.Style(added.LabelStyle, size, isBold);
    }

    /// <summary>Labels points, in bold those that stand out.</summary>
    public void Label(IReadOnlyList<(Coordinates At, string Text, bool IsBold)> points) => _plot.Add.Plottable(new PointLabels(points));

    /// <summary>Draws all.</summary>
    /// <returns>The elements over the marks that show their tips.</returns>
    public IReadOnlyList<XElement> Draw(SKCanvas canvas, PixelRect place)
    {
        var title = _plot.Axes.Title.Label;
        title.Text = Chart.Cut(title.Text, place.Width - AxisRoom);

        // ScottPlot draws a plot with new limits twice, and the canvas would keep both drawings. So it is first drawn on one that draws
        // nothing.
        _plot.RenderManager.ClearCanvasBeforeEachRender = false;
        using var none = new SKNoDrawCanvas((int)place.Right, (int)place.Bottom);
        _plot.Render(none, place);
        _plot.Render(canvas, place);
        return [.. _tips.Select(tip =>
        {
            var marked = new PixelRect(_plot.GetPixel(tip.Where.TopLeft), _plot.GetPixel(tip.Where.BottomRight));
            var over = marked.Expand(marked.HasArea ? 0 : Reach);
            return new XElement(
                Chart.Svg + "rect",
                new XAttribute("x", over.Left), new XAttribute("y", over.Top), new XAttribute("width", over.Width),
                new XAttribute("height", over.Height), new XAttribute("fill", "none"), new XAttribute("pointer-events", "all"),
                new XElement(Chart.Svg + "title", tip.Text));
        })];
    }
}
