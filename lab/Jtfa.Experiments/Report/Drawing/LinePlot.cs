using System.Xml.Linq;
using Jtfa.Experiments.Results;
using ScottPlot;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Medians and intervals against a number, in panels with a common axis below; series joined by lines, or as dots.</summary>
internal sealed record LinePlot(string Title, string XTitle, IReadOnlyList<string> Series, IReadOnlyList<LinePanel> Panels)
{
    private const int PanelHeight = 234;
    private const double Step = 0.018;
    private const double Room = 0.12;

    /// <summary>Whether the axis below is logarithmic.</summary>
    public bool IsLogX { get; init; }

    /// <summary>Whether panels are of one quantity and share its axis.</summary>
    public bool SharesY { get; init; }

    private List<PlotLine> Lines => [.. Panels.SelectMany(panel => panel.Lines)];

    private bool HasBothKinds => Lines.Exists(line => line.IsJoined) && Lines.Exists(line => !line.IsJoined);

    /// <summary>Draws it.</summary>
    public XElement Draw()
    {
        var columns = Panels.Count is 1 or 2 or 4 ? Math.Min(2, Panels.Count) : 3;
        double[] levels = [.. Lines.SelectMany(line => line.Points).Select(point => point.X)];
        var x = Scale.Fit(XTitle, levels, IsLogX, Room, areLevels: true);
        var shared = SharesY ? YScale(Panels) : null;
        return Chart.Draw(Title, Legend(), [.. Panels.Select(panel => Draw(panel, x, shared ?? YScale([panel])))], columns, PanelHeight);
    }

    private List<LegendItem> Legend()
    {
        var shown = Lines.Select(line => line.Series).ToHashSet();
        List<LegendItem> keys = [.. Series.Select(Palette.Key).Where((_, i) => shown.Contains(i))];
        if (!HasBothKinds) return keys;
        keys.Add(new LegendItem { LabelText = "lines: replayed", LineStyle = new LineStyle(1.5f, Palette.Ink) });
        keys.Add(new LegendItem { LabelText = "hollow dots: live", MarkerStyle = Palette.Mark(0, isHollow: true) });
        return keys;
    }

    private static Scale YScale(IReadOnlyList<LinePanel> panels)
    {
        var quantity = panels[0].Quantity;
        var points = panels.SelectMany(panel => panel.Lines).SelectMany(line => line.Points);
        return Scale.Fit(quantity.AxisTitle, points.SelectMany(point => quantity.Scale(point.Y).Values), panels[0].IsLog);
    }

    private Panel Draw(LinePanel panel, Scale x, Scale y)
    {
        var drawn = new Panel(panel.Title, x, y);
        foreach (var line in panel.Lines)
        {
            var shown = line.Points.Where(point => x.CanShow(point.X) && y.CanShow(panel.Quantity.Scale(point.Y).Median));
            List<Coordinates> places =
            [
                .. shown.OrderBy(point => point.X).Select(point => drawn.Mark(
                    line.Series, Estimate.Exactly(point.X), panel.Quantity.Scale(point.Y), Tip(panel, line, point), Aside(line),
                    isHollow: !line.IsJoined)),
            ];
            if (line.IsJoined && places.Count > 1) drawn.Join(line.Series, places);
        }

        return drawn;
    }

    // If a plot has lines and dots, each series' dots are to the right of its line's marks.
    private double Aside(PlotLine line)
    {
        var kinds = HasBothKinds ? 2 : 1;
        var place = (kinds * line.Series) + (kinds == 2 && !line.IsJoined ? 1 : 0);
        return (place - (((kinds * Series.Count) - 1) / 2.0)) * Step;
    }

    private string Tip(LinePanel panel, PlotLine line, (double X, Estimate Y) point) =>
        $"{panel.Title}, {Series[line.Series]}{line.Note}, {XTitle} {Scale.Label(point.X)}: {panel.Quantity.Told(point.Y)}";
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
