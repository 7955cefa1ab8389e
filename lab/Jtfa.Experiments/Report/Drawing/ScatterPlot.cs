using System.Xml.Linq;
using Jtfa.Experiments.Results;
using ScottPlot;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Points with intervals on both axes and labels, in panels with common axes; the axis below is logarithmic.</summary>
internal sealed record ScatterPlot(string Title, Quantity X, Quantity Y, IReadOnlyList<string> Series, IReadOnlyList<ScatterPanel> Panels)
{
    private const int PanelHeight = 304;
    private const double Room = 0.08;

    /// <summary>Draws it.</summary>
    public XElement Draw()
    {
        var points = Panels.SelectMany(panel => panel.Points).ToList();
        var x = Scale.Fit(X.AxisTitle, points.SelectMany(point => X.Scale(point.X).Values), isLog: true, Room);
        var y = Scale.Fit(Y.AxisTitle, points.SelectMany(point => Y.Scale(point.Y).Values), room: Room);
        var columns = Math.Clamp(Panels.Count, 1, 2);
        return Chart.Draw(Title, [.. Series.Select(Palette.Key)], [.. Panels.Select(panel => Draw(panel, x, y))], columns, PanelHeight);
    }

    private Panel Draw(ScatterPanel panel, Scale x, Scale y)
    {
        var drawn = new Panel(panel.Title, x, y);
        List<(Coordinates, string, bool)> labels = [];
        foreach (var point in panel.Points.Where(point => x.CanShow(X.Scale(point.X).Median)))
        {
            var tip = $"{point.Tip}: {X.Text(point.X)}, {Y.Told(point.Y)}";
            var at = drawn.Mark(point.Series, X.Scale(point.X), Y.Scale(point.Y), tip, isHollow: !point.IsMarked);
            labels.Add((at, point.Label, point.IsMarked));
        }

        drawn.Label(labels);
        return drawn;
    }
}

/// <summary>A panel.</summary>
internal sealed record ScatterPanel(string Title, IReadOnlyList<ScatterPoint> Points);

/// <summary>A point.</summary>
/// <param name="Series">The index of its series.</param>
/// <param name="Label">What stands beside it, short.</param>
/// <param name="Tip">What it is.</param>
/// <param name="X">Where on the axis below.</param>
/// <param name="Y">Where on the left axis.</param>
/// <param name="IsMarked">Whether it stands out: full, its label bold.</param>
internal sealed record ScatterPoint(int Series, string Label, string Tip, Estimate X, Estimate Y, bool IsMarked);
