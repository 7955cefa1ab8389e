using System.Xml.Linq;
using Jtfa.Experiments.Results;
using ScottPlot;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>Rows along one axis, those of a group under its name: a row has marks with intervals or a bar of parts.</summary>
internal sealed record RowPlot(string Title, Quantity Quantity, IReadOnlyList<string> Series, IReadOnlyList<PlotRow> Rows)
{
    private const int BarRow = 22;
    private const int DotStep = 6;
    private const int AxisRoom = 46;
    private const double BarHeight = 0.72;
    private const double RoomForSum = 1.15;
    private const float WidestLabel = 240;
    private const float WidestGroup = 450;

    /// <summary>Whether a row's marks are the parts of a sum.</summary>
    public bool IsStacked { get; init; }

    /// <summary>Whether the axis is logarithmic.</summary>
    public bool IsLog { get; init; }

    /// <summary>A line that values are to be compared with, in the quantity's unit, and what it is.</summary>
    public (double At, string Text)? Bar { get; init; }

    private int RowHeight => IsStacked ? BarRow : Math.Max(18, ((Series.Count - 1) * DotStep) + 11);

    /// <summary>Draws it.</summary>
    public XElement Draw()
    {
        // A row is 1 high in the panel's coordinates, and so is a group's name.
        List<(double Y, string Name)> groups = [];
        List<(double Y, PlotRow Row)> rows = [];
        var (y, group) = (0, "");
        foreach (var row in Rows)
        {
            if (row.Group != group && row.Group.Length > 0) groups.Add((y--, row.Group));
            group = row.Group;
            rows.Add((y--, row));
        }

        var x = MakeScale();
        List<(double, string)> labels = [.. rows.Select(row => (row.Y, Chart.Cut(row.Row.Label, WidestLabel)))];
        var panel = new Panel("", x, new Scale("", false, y + 0.35, 0.6) { Ticks = labels });
        foreach (var (at, name) in groups) panel.Text(new Coordinates(x.Low, at), Chart.Cut(name, WidestGroup), Chart.Font, isBold: true);
        foreach (var (at, row) in rows)
        {
            if (IsStacked) DrawParts(panel, x, at, row);
            else DrawDots(panel, at, row);
        }

        List<LegendItem> keys = [.. Series.Select((name, i) => IsStacked ? Palette.Area(name, i) : Palette.Key(name, i))];
        if (Bar is { } bar) keys.Add(panel.Line(Quantity.Scale(bar.At), bar.Text));
        return Chart.Draw(Title, keys, [panel], 1, (-y * RowHeight) + AxisRoom);
    }

    private Scale MakeScale()
    {
        if (IsStacked) return Scale.Fit(Quantity.AxisTitle, [0, Rows.Max(row => Parts(row).Sum(part => part.Value)) * RoomForSum], room: 0);
        var values = Rows.SelectMany(row => row.Marks).OfType<Estimate>().SelectMany(mark => mark.Values);
        return Scale.Fit(Quantity.AxisTitle, (Bar is { } bar ? values.Append(bar.At) : values).Select(Quantity.Scale), IsLog);
    }

    private void DrawDots(Panel panel, double y, PlotRow row)
    {
        for (var i = 0; i < row.Marks.Count; i++)
        {
            if (row.Marks[i] is not { } mark || (IsLog && mark.Median <= 0)) continue;
            var at = y - ((i - ((Series.Count - 1) / 2.0)) * DotStep / RowHeight);
            panel.Mark(i, Quantity.Scale(mark), Estimate.Exactly(at), Tip(row, i));
        }
    }

    private void DrawParts(Panel panel, Scale x, double y, PlotRow row)
    {
        var sum = 0.0;
        foreach (var (series, value) in Parts(row))
        {
            panel.Bar(series, y, sum, sum + value, BarHeight, Tip(row, series));
            sum += value;
        }

        panel.Text(new Coordinates(x.At(sum), y), Quantity.Text(sum / Quantity.Factor), right: 6);
    }

    private IEnumerable<(int Series, double Value)> Parts(PlotRow row) =>
        row.Marks.Select((mark, i) => (i, mark is { } part ? Quantity.Scale(part.Median) : 0)).Where(part => part.Item2 > 0);

    private string Tip(PlotRow row, int series) =>
        $"{row.Group} {row.Label}, {Series[series]}: {Quantity.Told(row.Marks[series]!.Value)}".TrimStart(' ', ',');
}

/// <summary>A row.</summary>
/// <param name="Group">Its group, shown over the group's first row; may be empty. Rows of a group stand together.</param>
/// <param name="Label">Its name.</param>
/// <param name="Marks">A mark a series; null where there is none.</param>
internal sealed record PlotRow(string Group, string Label, IReadOnlyList<Estimate?> Marks);
