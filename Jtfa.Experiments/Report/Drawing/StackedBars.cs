using System.Xml.Linq;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>What a sum is made of: a bar a row, a part a series, rows in groups.</summary>
internal sealed record StackedBars(string Title, Quantity Quantity, IReadOnlyList<string> Series, IReadOnlyList<DotRow> Rows)
{
    private const double RowHeight = 22;
    private const double BarHeight = 16;
    private const double GroupRow = 22;
    private const double WidestLabel = 200;
    private const double SumRoom = 92;

    /// <summary>Draws it.</summary>
    public XElement Draw()
    {
        List<XElement> drawn = [];
        var top = Legend.Draw(34, Series, (i, x, y) => Svg.Rectangle(x - 4, y - 5, 10, 10, Palette.Of(i)), drawn) + 6;
        var left = Math.Min(WidestLabel, Rows.Select(row => Svg.WidthOf(row.Label)).DefaultIfEmpty().Max()) + 26;
        var axis = Axis.Linear(Quantity.AxisTitle, Rows.Select(Sum), fromZero: true);
        double X(double value) => axis.At(value, left, Svg.Width - SumRoom);
        var groups = Rows.Select(row => row.Group).Distinct().Count(group => group.Length > 0);
        var bottom = top + (Rows.Count * RowHeight) + (groups * GroupRow) + 4;
        drawn.AddRange(Frame.XTicks(axis, X, top, bottom));
        drawn.Add(Svg.Text((left + Svg.Width - SumRoom) / 2, bottom + 34, axis.Title, "middle", Svg.SmallFont));
        DrawRows(X, left, top, drawn);
        return Svg.Root(bottom + 46, Title, drawn);
    }

    private double Sum(DotRow row) => row.Marks.OfType<Estimate>().Sum(mark => Math.Max(0, Quantity.Scale(mark).Median));

    private void DrawRows(Func<double, double> x, double left, double top, List<XElement> drawn)
    {
        var (y, group) = (top, "");
        foreach (var row in Rows)
        {
            if (row.Group != group && row.Group.Length > 0)
            {
                drawn.Add(Svg.Text(12, y + 16, Svg.Cut(row.Group, Svg.Width - 24), isBold: true));
                y += GroupRow;
            }

            group = row.Group;
            drawn.Add(Svg.Text(left - 10, y + 15, Svg.Cut(row.Label, WidestLabel), "end"));
            DrawParts(row, x, y + ((RowHeight - BarHeight) / 2), drawn);
            drawn.Add(Svg.Text(x(Sum(row)) + 6, y + 15, Quantity.Text(Sum(row) / Quantity.Factor), size: Svg.SmallFont));
            y += RowHeight;
        }
    }

    private void DrawParts(DotRow row, Func<double, double> x, double y, List<XElement> drawn)
    {
        var sum = 0.0;
        for (var i = 0; i < row.Marks.Count; i++)
        {
            if (row.Marks[i] is not { } mark || Quantity.Scale(mark).Median is not (> 0 and var part)) continue;
            drawn.Add(Svg.Group(
                $"{row.Group} {row.Label}, {Series[i]}: {Quantity.Text(mark)}, runs: {mark.Runs}".Trim(),
                Svg.Rectangle(x(sum), y, Math.Max(0, x(sum + part) - x(sum)), BarHeight, Palette.Of(i))));
            sum += part;
        }
    }
}
