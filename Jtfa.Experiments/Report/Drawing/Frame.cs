using System.Xml.Linq;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>One panel's place with its two axes.</summary>
internal sealed record Frame(double Left, double Top, double Width, double Height, Axis XAxis, Axis YAxis)
{
    /// <summary>Room left of a panel for labels and the axis' title.</summary>
    public const double LeftRoom = 62;

    /// <summary>Room under a panel for labels and the axis' title.</summary>
    public const double BottomRoom = 44;

    /// <summary>Room over a panel for its title.</summary>
    public const double TopRoom = 20;

    private const double RightRoom = 16;

    private double Right => Left + Width;

    private double Bottom => Top + Height;

    /// <summary>Panels side by side in rows, each with its axes.</summary>
    public static IReadOnlyList<Frame> Grid(double top, double height, int columns, IReadOnlyList<(Axis X, Axis Y)> axes)
    {
        var width = Svg.Width / columns;
        return
        [
            .. axes.Select((axis, i) => new Frame(
                ((i % columns) * width) + LeftRoom, top + ((i / columns) * (TopRoom + height + BottomRoom)) + TopRoom,
                width - LeftRoom - RightRoom, height, axis.X, axis.Y)),
        ];
    }

    /// <summary>How high so many panels are.</summary>
    public static double HeightOf(int panels, int columns, double height) =>
        ((panels + columns - 1) / columns) * (TopRoom + height + BottomRoom);

    public double X(double value) => XAxis.At(value, Left, Right);

    public double Y(double value) => YAxis.At(value, Bottom, Top);

    /// <summary>Keeps a coordinate that was moved aside within the panel.</summary>
    public double WithinX(double x) => Math.Clamp(x, Left, Right);

    /// <summary>The grid, the ticks' labels where there is room, and the titles.</summary>
    public IEnumerable<XElement> Draw(string title)
    {
        yield return Svg.Text(Left, Top - 7, Svg.Cut(title, Width), isBold: true);
        foreach (var tick in YAxis.Ticks)
        {
            yield return Svg.Line(Left, Y(tick), Right, Y(tick), Palette.Grid);
            yield return Svg.Text(Left - 6, Y(tick) + 4, Axis.Label(tick), "end", Svg.SmallFont, colour: Palette.Faint);
        }

        foreach (var element in XTicks(XAxis, X, Top, Bottom)) yield return element;
        yield return Svg.Text(Left + (Width / 2), Bottom + 33, Svg.Cut(XAxis.Title, Width + 30), "middle", Svg.SmallFont);
        yield return Svg.Text(
            Left - 46, Top + (Height / 2), Svg.Cut(YAxis.Title, Height + 24, Svg.SmallFont), "middle", Svg.SmallFont, isUpright: true);
    }

    /// <summary>The grid and labels of an axis along the bottom; a label that would touch the one before it is left out.</summary>
    public static IEnumerable<XElement> XTicks(Axis axis, Func<double, double> at, double top, double bottom)
    {
        var free = double.NegativeInfinity;
        foreach (var tick in axis.Ticks)
        {
            var (x, label) = (at(tick), Axis.Label(tick));
            yield return Svg.Line(x, top, x, bottom, Palette.Grid);
            var half = Svg.WidthOf(label, Svg.SmallFont) / 2;
            if (x - half < free) continue;
            free = x + half + 4;
            yield return Svg.Text(Math.Min(x, Svg.Width - half - 2), bottom + 16, label, "middle", Svg.SmallFont, colour: Palette.Faint);
        }
    }
}
