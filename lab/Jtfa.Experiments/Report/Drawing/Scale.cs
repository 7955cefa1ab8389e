using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>A linear or logarithmic scale. ScottPlot's coordinates are linear, so on a logarithmic scale they are logarithms.</summary>
/// <param name="Title">What is shown, with its unit.</param>
/// <param name="IsLog">Whether it is logarithmic.</param>
/// <param name="Low">The coordinate of its lower end.</param>
/// <param name="High">The coordinate of its upper end.</param>
internal sealed record Scale(string Title, bool IsLog, double Low, double High)
{
    private const int MostTicks = 9;
    private static readonly double[] s_nice = [1, 2, 5, 10];

    /// <summary>Coordinates of ticks with their labels; null where round numbers are to be found.</summary>
    public IReadOnlyList<(double At, string Label)>? Ticks { get; init; }

    /// <summary>A scale that holds all values; a logarithmic one those above 0, or, where there are none, a linear one.</summary>
    /// <param name="title">What is shown, with its unit.</param>
    /// <param name="values">The values.</param>
    /// <param name="isLog">Whether it is logarithmic.</param>
    /// <param name="room">How much longer it is at each end than the values need, as a share of that.</param>
    /// <param name="areLevels">Whether there are few values, which have the ticks.</param>
    public static Scale Fit(string title, IEnumerable<double> values, bool isLog = false, double room = 0.04, bool areLevels = false)
    {
        double[] all = [.. values.Where(value => !isLog || value > 0)];
        if (all.Length == 0) return new(title, false, 0, 1);
        var (low, high) = (all.Min(), all.Max());
        if (isLog && !areLevels) (low, high) = (Nice(low, up: false), Nice(high, up: true));
        if (isLog) (low, high) = (Math.Log10(low), Math.Log10(high));
        var size = Math.Max(Math.Abs(low), Math.Abs(high));
        var more = high - low > 1e-9 * size ? room * (high - low) : isLog || size == 0 ? 0.31 : 0.1 * size;
        var scale = new Scale(isLog ? $"{title} (log)" : title, isLog, low - more, high + more);
        return areLevels ? scale with { Ticks = [.. all.Distinct().Select(value => (scale.At(value), Label(value)))] } : scale;
    }

    /// <summary>Whether a value can be shown: above 0 where the scale is logarithmic.</summary>
    public bool CanShow(double value) => !IsLog || value > 0;

    /// <summary>A value's coordinate; what lies outside is at the nearer end.</summary>
    public double At(double value) => CanShow(value) ? Math.Clamp(IsLog ? Math.Log10(value) : value, Low, High) : Low;

    /// <summary>A tick's label.</summary>
    public static string Label(double tick)
    {
        var size = Math.Abs(tick);
        if (size is > 0 and (>= 1e6 or < 1e-4)) return tick.ToString("0.##e0", CultureInfo.InvariantCulture);
        return Math.Round(tick, 6).ToString(size >= 1000 ? "#,0" : "0.######", CultureInfo.InvariantCulture);
    }

    /// <summary>Makes a plot's axis one of this scale.</summary>
    public void Set(IAxis axis)
    {
        (axis.Min, axis.Max, axis.Label.Text) = (Low, High, Title);
        axis.TickGenerator = (Ticks ?? (IsLog ? LogTicks() : null)) is { } ticks
            ? new NumericManual([.. ticks.Select(tick => tick.At)], [.. ticks.Select(tick => tick.Label)])
            : new NumericAutomatic
            {
                LabelFormatter = Label,
                TargetTickCount = MostTicks,
                MinorTickGenerator = new EvenlySpacedMinorTickGenerator(1),
            };
    }

    // The nearest of 1, 2 and 5 times the powers of 10: where a logarithmic scale ends, so that there are ticks at both ends.
    private static double Nice(double value, bool up)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        var times = value / power;
        return power * (up ? s_nice.First(nice => nice >= times * (1 - 1e-9)) : s_nice.Last(nice => nice <= times * (1 + 1e-9)));
    }

    // Ticks at 1, 2 and 5 times the powers of 10; if they are too many, at some of the powers.
    private List<(double At, string Label)> LogTicks()
    {
        List<(double At, string Label)> TicksOf(int[] times) =>
        [
            .. from power in Enumerable.Range((int)Math.Floor(Low), (int)(High - Low) + 2)
               from nice in times
               let at = power + Math.Log10(nice)
               where at >= Low && at <= High
               select (at, Label(nice * Math.Pow(10, power))),
        ];
        var (all, powers) = (TicksOf([1, 2, 5]), TicksOf([1]));
        return all.Count <= MostTicks ? all : [.. powers.Where((_, i) => i % ((powers.Count / MostTicks) + 1) == 0)];
    }
}
