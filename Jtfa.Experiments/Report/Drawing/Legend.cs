using System.Xml.Linq;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>What marks stand for, in lines as wide as the figure.</summary>
internal static class Legend
{
    private const double LineHeight = 18;
    private const double Left = 12;
    private const double KeyWidth = 16;
    private const double Gap = 18;

    /// <summary>Draws series' names, each with its key: what is drawn of a series about a point.</summary>
    /// <returns>Where the last line ends.</returns>
    public static double Draw(double top, IReadOnlyList<string> series, Func<int, double, double, XElement> key, List<XElement> drawn) =>
        Draw(top, [.. series.Select((name, i) => (name, (Func<double, double, XElement>)((x, y) => key(i, x, y))))], drawn);

    /// <summary>Draws entries, each with its key drawn about a point.</summary>
    /// <param name="top">Where the first line begins.</param>
    /// <param name="entries">Texts, and the keys before them by where they stand.</param>
    /// <param name="drawn">Takes what is drawn.</param>
    /// <returns>Where the last line ends; <paramref name="top"/> where there are fewer than two entries, which need no legend.</returns>
    public static double Draw(double top, IReadOnlyList<(string Text, Func<double, double, XElement> Key)> entries, List<XElement> drawn)
    {
        if (entries.Count < 2) return top;
        var (x, y) = (Left, top + (LineHeight / 2));
        foreach (var (text, key) in entries)
        {
            var width = KeyWidth + Svg.WidthOf(text) + Gap;
            if (x > Left && x + width > Svg.Width) (x, y) = (Left, y + LineHeight);
            drawn.Add(key(x + Svg.Radius + 1, y));
            drawn.Add(Svg.Text(x + KeyWidth, y + 4, Svg.Cut(text, Svg.Width - x - KeyWidth)));
            x += width;
        }

        return y + LineHeight;
    }
}
