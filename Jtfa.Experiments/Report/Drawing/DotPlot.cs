using System.Xml.Linq;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Medians and intervals along one axis, a row a category, rows in groups; several series share a row.</summary>
internal sealed record DotPlot(string Title, Quantity Quantity, IReadOnlyList<string> Series, IReadOnlyList<DotRow> Rows)
{
    private const double LeastRow = 18;
    private const double SeriesStep = 6;
    private const double GroupRow = 22;
    private const double AxisRoom = 46;
    private const double WidestLabel = 240;

    /// <summary>Whether the axis is logarithmic.</summary>
    public bool IsLog { get; init; }

    /// <summary>A line that values are to be compared with, in the quantity's unit, and what it is.</summary>
    public (double At, string Text)? Bar { get; init; }

    /// <summary>Draws it.</summary>
    public XElement Draw()
    {
        List<XElement> drawn = [];
        var top = Legend.Draw(34, Series, (i, x, y) => Svg.Mark(i, x, y), drawn) + (Bar is null ? 6 : 22);
        var left = Math.Min(WidestLabel, Rows.Select(row => Svg.WidthOf(row.Label)).DefaultIfEmpty().Max()) + 26;
        var axis = MakeAxis();
        double X(double value) => axis.At(value, left, Svg.Width - 24);
        var bottom = top + RowsHeight();
        drawn.AddRange(Frame.XTicks(axis, X, top, bottom));
        drawn.Add(Svg.Text((left + Svg.Width - 24) / 2, bottom + 34, axis.Title, "middle", Svg.SmallFont));
        if (Bar is { } bar) DrawBar(bar, X(Quantity.Scale(bar.At)), left, top, bottom, drawn);
        DrawRows(axis, X, left, top, drawn);
        return Svg.Root(bottom + AxisRoom, Title, drawn);
    }

    private double RowHeight => Math.Max(LeastRow, ((Series.Count - 1) * SeriesStep) + 11);

    private double RowsHeight() => (Rows.Count * RowHeight) + (Groups() * GroupRow) + 4;

    private int Groups() => Rows.Select(row => row.Group).Distinct().Count(group => group.Length > 0);

    private Axis MakeAxis()
    {
        var values = Rows.SelectMany(row => row.Marks).OfType<Estimate>().Select(Quantity.Scale)
            .SelectMany(mark => new[] { mark.Low, mark.Median, mark.High });
        if (Bar is { } bar) values = values.Append(Quantity.Scale(bar.At));
        return IsLog ? Axis.Log($"{Quantity.AxisTitle} (log)", values) : Axis.Linear(Quantity.AxisTitle, values);
    }

    private static void DrawBar((double At, string Text) bar, double x, double left, double top, double bottom, List<XElement> drawn)
    {
        drawn.Add(Svg.Line(x, top, x, bottom, Palette.Ink, 1.2, "5 3"));
        var half = Svg.WidthOf(bar.Text, Svg.SmallFont) / 2;
        drawn.Add(Svg.Text(Math.Clamp(x, Math.Min(left + half, Svg.Width - half - 6), Svg.Width - half - 6), top - 5, bar.Text, "middle",
            Svg.SmallFont));
    }

    private void DrawRows(Axis axis, Func<double, double> x, double left, double top, List<XElement> drawn)
    {
        var (y, group) = (top, "");
        foreach (var row in Rows)
        {
            if (row.Group != group && row.Group.Length > 0)
            {
                drawn.Add(Svg.Text(12, y + 15, Svg.Cut(row.Group, Svg.Width - 24), isBold: true));
                y += GroupRow;
            }

            group = row.Group;
            drawn.Add(Svg.Text(left - 10, y + (RowHeight / 2) + 4, Svg.Cut(row.Label, WidestLabel), "end"));
            drawn.Add(Svg.Line(left, y + (RowHeight / 2), Svg.Width - 24, y + (RowHeight / 2), Palette.Grid));
            for (var i = 0; i < row.Marks.Count; i++)
            {
                if (row.Marks[i] is { } mark && axis.CanShow(Quantity.Scale(mark).Median)) drawn.Add(DrawMark(row, i, mark, x, y));
            }

            y += RowHeight;
        }
    }

    private XElement DrawMark(DotRow row, int series, Estimate mark, Func<double, double> x, double y)
    {
        var at = y + (RowHeight / 2) + ((series - ((Series.Count - 1) / 2.0)) * SeriesStep);
        var scaled = Quantity.Scale(mark);
        return Svg.Group(
            $"{row.Group} {row.Label}, {Series[series]}: {Quantity.Text(mark)}, runs: {mark.Runs}".Trim(),
            Svg.Line(x(scaled.Low), at, x(scaled.High), at, Palette.Of(series), 2),
            Svg.Mark(series, x(scaled.Median), at));
    }
}

/// <summary>A row.</summary>
/// <param name="Group">Its group, shown over the group's first row; may be empty. Rows of a group stand together.</param>
/// <param name="Label">Its name.</param>
/// <param name="Marks">A mark a series; null where there is none.</param>
internal sealed record DotRow(string Group, string Label, IReadOnlyList<Estimate?> Marks);
