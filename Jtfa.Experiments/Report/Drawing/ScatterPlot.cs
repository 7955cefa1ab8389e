using System.Xml.Linq;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Points with intervals on both axes and labels, in panels with common axes; the axis below is logarithmic.</summary>
internal sealed record ScatterPlot(string Title, Quantity X, Quantity Y, IReadOnlyList<string> Series, IReadOnlyList<ScatterPanel> Panels)
{
    private const double PanelHeight = 240;
    private const double LabelHeight = 11;
    private const double SamePlace = 46;

    /// <summary>Draws it.</summary>
    public XElement Draw()
    {
        List<XElement> drawn = [];
        var top = Legend.Draw(34, Series, (i, x, y) => Svg.Mark(i, x, y), drawn) + 6;
        var columns = Math.Min(2, Math.Max(1, Panels.Count));
        var points = Panels.SelectMany(panel => panel.Points).ToList();
        var x = Axis.Log($"{X.AxisTitle} (log)", points.Select(point => X.Scale(point.X)).SelectMany(Ends));
        var y = Axis.Linear(Y.AxisTitle, points.Select(point => Y.Scale(point.Y)).SelectMany(Ends));
        var frames = Frame.Grid(top, PanelHeight, columns, [.. Panels.Select(_ => (x, y))]);
        for (var i = 0; i < Panels.Count; i++)
        {
            drawn.AddRange(frames[i].Draw(Panels[i].Title));
            DrawPoints([.. Panels[i].Points.Where(point => x.CanShow(X.Scale(point.X).Median))], frames[i], drawn);
        }

        return Svg.Root(top + Frame.HeightOf(Panels.Count, columns, PanelHeight), Title, drawn);
    }

    private static double[] Ends(Estimate estimate) => [estimate.Low, estimate.Median, estimate.High];

    private void DrawPoints(List<ScatterPoint> points, Frame frame, List<XElement> drawn)
    {
        var places = points.ConvertAll(point => (Point: point, X: frame.X(X.Scale(point.X).Median), Y: frame.Y(Y.Scale(point.Y).Median)));
        foreach (var (point, x, y) in places) drawn.Add(DrawPoint(point, x, y, frame));
        List<Box> taken = places.ConvertAll(place => new Box(place.X - 4, place.Y - 4, 8, 8));
        List<(string Text, double X, double Y)> labelled = [];
        foreach (var (point, x, y) in places.OrderByDescending(place => place.Point.IsMarked))
        {
            // Points that are nearly one need one label, unless they are marked.
            if (!point.IsMarked && labelled.Exists(other =>
                other.Text == point.Label && Math.Abs(other.X - x) + Math.Abs(other.Y - y) < SamePlace)) continue;
            if (FreePlace(point, x, y, frame, taken) is not { } box) continue;
            taken.Add(box);
            labelled.Add((point.Label, x, y));
            drawn.Add(Svg.Text(box.X, box.Y + LabelHeight - 2, point.Label, size: Svg.SmallFont, isBold: point.IsMarked));
        }
    }

    private XElement DrawPoint(ScatterPoint point, double x, double y, Frame frame)
    {
        var (across, up, colour) = (X.Scale(point.X), Y.Scale(point.Y), Palette.Of(point.Series));
        return Svg.Group(
            $"{point.Tip}: {X.Text(point.X)}, {Y.Text(point.Y)}, runs: {point.Y.Runs}",
            Svg.Line(frame.X(across.Low), y, frame.X(across.High), y, colour, 1.4),
            Svg.Line(x, frame.Y(up.Low), x, frame.Y(up.High), colour, 1.4),
            Svg.Mark(point.Series, x, y, isHollow: !point.IsMarked));
    }

    // Right, left, above, below, and further above and below; null where each would cover something.
    private static Box? FreePlace(ScatterPoint point, double x, double y, Frame frame, List<Box> taken)
    {
        const double BoldShare = 1.15;
        var width = Svg.WidthOf(point.Label, Svg.SmallFont) * (point.IsMarked ? BoldShare : 1);
        (double X, double Y)[] places =
        [
            (x + 6, y - 6), (x - 6 - width, y - 6), (x - (width / 2), y - 18), (x - (width / 2), y + 7),
            (x + 5, y - 17), (x + 5, y + 6), (x - 5 - width, y - 17), (x - 5 - width, y + 6),
            (x - (width / 2), y - 30), (x - (width / 2), y + 19),
        ];
        foreach (var place in places)
        {
            var box = new Box(place.X, place.Y, width, LabelHeight);
            var isInside = box.X >= frame.Left && box.X + width <= frame.Left + frame.Width
                && box.Y >= frame.Top && box.Y + LabelHeight <= frame.Top + frame.Height;
            if (isInside && !taken.Exists(box.Touches)) return box;
        }

        return null;
    }

    private readonly record struct Box(double X, double Y, double Width, double Height)
    {
        public bool Touches(Box other) =>
            X < other.X + other.Width && other.X < X + Width && Y < other.Y + other.Height && other.Y < Y + Height;
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
