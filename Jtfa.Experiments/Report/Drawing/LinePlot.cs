using System.Xml.Linq;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Medians and intervals against a number, in small panels with a common axis below; series joined by lines, or as dots.</summary>
internal sealed record LinePlot(string Title, string XTitle, IReadOnlyList<string> Series, IReadOnlyList<LinePanel> Panels)
{
    private const double PanelHeight = 170;
    private const double MarkStep = 4;

    /// <summary>Whether the axis below is logarithmic.</summary>
    public bool IsLogX { get; init; }

    /// <summary>Whether panels are of one quantity and share its axis.</summary>
    public bool SharesY { get; init; }

    /// <summary>Draws it.</summary>
    public XElement Draw()
    {
        List<XElement> drawn = [];
        var top = Legend.Draw(34, Entries(), drawn) + 6;
        var columns = Panels.Count is 1 or 2 or 4 ? Math.Min(2, Panels.Count) : 3;
        var x = XAxis();
        var shared = SharesY ? YAxis(Panels) : null;
        var frames = Frame.Grid(top, PanelHeight, columns, [.. Panels.Select(panel => (x, shared ?? YAxis([panel])))]);
        for (var i = 0; i < Panels.Count; i++)
        {
            drawn.AddRange(frames[i].Draw(Panels[i].Title));
            foreach (var line in Panels[i].Lines) DrawLine(Panels[i], line, frames[i], drawn);
        }

        return Svg.Root(top + Frame.HeightOf(Panels.Count, columns, PanelHeight), Title, drawn);
    }

    private List<(string, Func<double, double, XElement>)> Entries()
    {
        List<(string, Func<double, double, XElement>)> entries = [];
        var lines = Panels.SelectMany(panel => panel.Lines).ToList();
        for (var i = 0; i < Series.Count; i++)
        {
            var series = i;
            if (lines.Any(line => line.Series == series)) entries.Add((Series[series], (x, y) => Svg.Mark(series, x, y)));
        }

        if (lines.Any(line => line.IsJoined) && lines.Any(line => !line.IsJoined))
        {
            entries.Add(("lines: replayed", (x, y) => Svg.Line(x - 4, y, x + 8, y, Palette.Faint, 1.5)));
            entries.Add(("hollow dots: live", (x, y) => Svg.Mark(0, x, y, isHollow: true)));
        }

        return entries;
    }

    private Axis XAxis()
    {
        double[] values = [.. Panels.SelectMany(panel => panel.Lines).SelectMany(line => line.Points).Select(point => point.X)];
        return (IsLogX ? Axis.Log($"{XTitle} (log)", values) : Axis.Linear(XTitle, values)).At(values);
    }

    private static Axis YAxis(IReadOnlyList<LinePanel> panels)
    {
        var quantity = panels[0].Quantity;
        var values = panels.SelectMany(panel => panel.Lines).SelectMany(line => line.Points)
            .Select(point => quantity.Scale(point.Y)).SelectMany(mark => new[] { mark.Low, mark.Median, mark.High });
        return panels[0].IsLog ? Axis.Log($"{quantity.AxisTitle} (log)", values) : Axis.Linear(quantity.AxisTitle, values);
    }

    private void DrawLine(LinePanel panel, PlotLine line, Frame frame, List<XElement> drawn)
    {
        var aside = Aside(line);
        var points = line.Points.Where(point => frame.XAxis.CanShow(point.X) && frame.YAxis.CanShow(panel.Quantity.Scale(point.Y).Median))
            .OrderBy(point => point.X).Select(point => (X: frame.WithinX(frame.X(point.X) + aside), Point: point)).ToList();
        if (line.IsJoined && points.Count > 1) drawn.Add(
            Svg.Path(points.Select(point => (point.X, frame.Y(panel.Quantity.Scale(point.Point.Y).Median))), Palette.Of(line.Series)));
        drawn.AddRange(points.Select(point => DrawPoint(panel, line, frame, point.X, point.Point)));
    }

    // Where a plot has lines and dots, of each series first the line's marks, then the dots.
    private double Aside(PlotLine line)
    {
        var lines = Panels.SelectMany(panel => panel.Lines).ToList();
        var kinds = lines.Exists(other => other.IsJoined) && lines.Exists(other => !other.IsJoined) ? 2 : 1;
        var place = (kinds * line.Series) + (kinds == 2 && !line.IsJoined ? 1 : 0);
        return (place - (((kinds * Series.Count) - 1) / 2.0)) * MarkStep;
    }

    private XElement DrawPoint(LinePanel panel, PlotLine line, Frame frame, double x, (double X, Estimate Y) point)
    {
        var scaled = panel.Quantity.Scale(point.Y);
        return Svg.Group(
            $"{panel.Title}, {Series[line.Series]}{line.Note}, {XTitle} {Axis.Label(point.X)}: {panel.Quantity.Text(point.Y)}, runs: {point.Y.Runs}",
            Svg.Line(x, frame.Y(scaled.Low), x, frame.Y(scaled.High), Palette.Of(line.Series), 1.6),
            Svg.Mark(line.Series, x, frame.Y(scaled.Median), isHollow: !line.IsJoined));
    }
}

/// <summary>A panel.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Quantity">What its left axis shows.</param>
/// <param name="IsLog">Whether that is logarithmic.</param>
/// <param name="Lines">What it shows.</param>
internal sealed record LinePanel(string Title, Quantity Quantity, bool IsLog, IReadOnlyList<PlotLine> Lines);

/// <summary>Points of one series.</summary>
/// <param name="Series">Its index.</param>
/// <param name="Note">What is said of its points beside the series' name.</param>
/// <param name="IsJoined">Joined by a line, or hollow dots.</param>
/// <param name="Points">Its points.</param>
internal sealed record PlotLine(int Series, string Note, bool IsJoined, IReadOnlyList<(double X, Estimate Y)> Points);
