using System.Diagnostics;

namespace Jtfa.Lab.Bench;

/// <summary>This process's resident memory while a bench runs.</summary>
internal sealed class RssWatch
{
    // Until then the runtime compiles, and pools fill.
    private static readonly TimeSpan s_settled = TimeSpan.FromMinutes(2);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(double Minutes, double Mb)> _samples = [];

    /// <summary>The largest, bytes.</summary>
    public long Peak { get; private set; }

    /// <summary>
    /// How much it grows, by least squares over what was seen after the first two minutes; NaN where that is less than a minute.
    /// </summary>
    public double SlopeMbPerMinute
    {
        get
        {
            var settled = _samples.Where(sample => sample.Minutes > s_settled.TotalMinutes).ToList();
            if (settled.Count < 2 || settled[^1].Minutes - settled[0].Minutes < 1) return double.NaN;
            var (x, y) = (settled.Average(sample => sample.Minutes), settled.Average(sample => sample.Mb));
            return settled.Sum(sample => (sample.Minutes - x) * (sample.Mb - y)) / settled.Sum(
                sample => (sample.Minutes - x) * (sample.Minutes - x));
        }
    }

    /// <summary>Looks now.</summary>
    public void Look()
    {
        var rss = Environment.WorkingSet;
        Peak = Math.Max(Peak, rss);
        var minutes = _clock.Elapsed.TotalMinutes;
        if (_samples.Count == 0 || minutes - _samples[^1].Minutes >= 1 / 60.0) _samples.Add((minutes, rss / 1e6));
    }
}
