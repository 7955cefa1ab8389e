using System.Globalization;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>
/// A linear or logarithmic scale that holds all values, with its title and at most eight ticks at 1, 2 or 5 times a power of 10.
/// </summary>
internal sealed class Axis
{
    private const int Steps = 5;
    private const int MaxLogTicks = 8;
    private static readonly double[] s_nice = [1, 2, 5];

    private readonly bool _isLog;
    private readonly double _low;
    private readonly double _high;

    private Axis(string title, bool isLog, double low, double high, IReadOnlyList<double> ticks)
    {
        Title = title;
        _isLog = isLog;
        _low = low;
        _high = high;
        Ticks = ticks;
    }

    /// <summary>What is shown, with its unit.</summary>
    public string Title { get; }

    /// <summary>Where ticks are, ascending, all within the axis.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>A linear axis.</summary>
    public static Axis Linear(string title, IEnumerable<double> values, bool fromZero = false)
    {
        double[] all = fromZero ? [.. values, 0] : [.. values];
        var (low, high) = all.Length == 0 ? (0, 1) : (all.Min(), all.Max());
        if (high - low <= Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-9)
        {
            var room = low == 0 ? 0.5 : Math.Abs(low) * 0.1;
            (low, high) = fromZero && low == 0 ? (0, 1) : (low - room, high + room);
        }

        var step = NiceAtLeast((high - low) / Steps);
        var (first, last) = (Math.Floor(low / step), Math.Ceiling(high / step));
        return new Axis(title, false, first * step, last * step, [.. Between(first, last).Select(n => n * step)]);
    }

    /// <summary>A logarithmic axis of those values that are above 0; a linear one where there is none.</summary>
    public static Axis Log(string title, IEnumerable<double> values)
    {
        double[] positive = [.. values.Where(value => value > 0)];
        if (positive.Length == 0) return Linear(title, []);
        var (low, high) = (NiceAtMost(positive.Min()), NiceAtLeast(positive.Max()));
        if (low == high) (low, high) = (NiceAtMost(low / 1.5), NiceAtLeast(high * 1.5));
        return new Axis(title, true, low, high, LogTicks(low, high));
    }

    /// <summary>The same kind of axis with ticks at the levels of a factor, and room beside the first and the last of them.</summary>
    /// <param name="levels">The values that it shows; those that it cannot show are left out.</param>
    public Axis At(IEnumerable<double> levels)
    {
        const double Room = 0.12;
        double[] ticks = [.. levels.Where(CanShow).Distinct().Order()];
        if (ticks.Length < 2 || ticks[^1] - ticks[0] <= 1e-9 * Math.Abs(ticks[^1])) return this;
        if (!_isLog)
        {
            var room = Room * (ticks[^1] - ticks[0]);
            return new(Title, false, ticks[0] - room, ticks[^1] + room, ticks);
        }

        var times = Math.Pow(ticks[^1] / ticks[0], Room);
        return new(Title, true, ticks[0] / times, ticks[^1] * times, ticks);
    }

    /// <summary>Whether a value can be shown: above 0 where the axis is logarithmic.</summary>
    public bool CanShow(double value) => !_isLog || value > 0;

    /// <summary>Where a value lies between two coordinates; what lies outside is at the nearer end.</summary>
    public double At(double value, double from, double to) => from + (Share(value) * (to - from));

    /// <summary>A tick's label.</summary>
    public static string Label(double tick)
    {
        var size = Math.Abs(tick);
        if (size is > 0 and (>= 1e6 or < 1e-4)) return tick.ToString("0.##e0", CultureInfo.InvariantCulture);
        return Math.Round(tick, 6).ToString(size >= 1000 ? "#,0" : "0.######", CultureInfo.InvariantCulture);
    }

    private double Share(double value)
    {
        if (!CanShow(value)) return 0;
        var share = _isLog ? Math.Log(value / _low) / Math.Log(_high / _low) : (value - _low) / (_high - _low);
        return Math.Clamp(share, 0, 1);
    }

    private static double[] LogTicks(double low, double high)
    {
        double[] all = [.. Between(Math.Floor(Math.Log10(low)) - 1, Math.Ceiling(Math.Log10(high)) + 1)
            .SelectMany(power => s_nice.Select(nice => nice * Math.Pow(10, power)))];
        double[] inside = [.. all.Where(tick => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))];
        if (inside.Length <= MaxLogTicks) return inside;
        double[] decades = [.. inside.Where(tick => Math.Abs(Math.Log10(tick) - Math.Round(Math.Log10(tick))) < 1e-9)];
        var every = (decades.Length + MaxLogTicks - 1) / MaxLogTicks;
        return [.. decades.Where((_, i) => i % every == 0)];
    }

    private static IEnumerable<double> Between(double first, double last)
    {
        for (var n = first; n <= last; n++) yield return n;
    }

    private static double NiceAtLeast(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return s_nice.Append(10).Select(nice => nice * power).First(nice => nice >= value * (1 - 1e-9) || nice >= 10 * power);
    }

    private static double NiceAtMost(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return s_nice.Select(nice => nice * power).Where(nice => nice <= value * (1 + 1e-9)).DefaultIfEmpty(power).Max();
    }
}
