using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Adaptation;

/// <summary>The histogram against all delays kept and weighed, and how fast it follows.</summary>
public class DelayHistogramTests
{
    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void A_quantile_is_that_of_all_delays_weighed_by_their_age() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var histogram = new DelayHistogram();
        var all = new List<(double Delay, double At)>();
        var at = random.NextDouble() * 2e9;
        for (var i = random.Next(1, 400); i > 0; i--)
        {
            // From microseconds to a minute; pauses up to ten minutes, and now and then one that overtook another.
            at += random.Next(20) == 0 ? random.NextDouble() * 600 : (random.NextDouble() - 0.1) * 0.3;
            var delay = random.Next(5) == 0 ? 0 : 1e-6 * Math.Pow(10, random.NextDouble() * 7);
            histogram.Add(delay, at);
            all.Add((delay, at));
        }

        foreach (var q in (double[])[0.001, 0.5, 0.95, 0.999])
        {
            // The borders of a rank are where a sum's rounding may go either way.
            var (low, high) = (Naive(all, q - 1e-9), Naive(all, q + 1e-9));
            var (least, most) = (Math.Max(50e-6, low) * (1 - 1e-9), Math.Max(50e-6, high) * (DelayHistogram.Resolution + 1e-9));
            Assert.InRange(histogram.Quantile(q), least, most);
        }
    });

    [Fact]
    public void The_first_delay_counts_at_once()
    {
        var histogram = new DelayHistogram();
        Assert.True(double.IsNaN(histogram.Quantile(0.95)));
        histogram.Add(0.040, 1000);
        Assert.InRange(histogram.Quantile(0.95), 0.040, 0.042);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(1000)]
    public void A_step_is_followed_in_the_same_time_at_any_rate(int rate)
    {
        var histogram = new DelayHistogram();
        var at = 0.0;
        for (; at < 60; at += 1.0 / rate) histogram.Add(0.005, at);
        var risesAt = At(() => histogram.Quantile(0.95) > 0.099, 0.100);
        Assert.InRange(risesAt, 0, DelayHistogram.Memory * 0.06 + (1.0 / rate));
        var fallsAt = At(() => histogram.Quantile(0.95) < 0.006, 0.005, first: 60);
        Assert.InRange(fallsAt, DelayHistogram.Memory * 2.5, DelayHistogram.Memory * 3.1 + (1.0 / rate));

        double At(Func<bool> isSo, double delay, double first = 0)
        {
            var began = at + first;
            for (; at < began; at += 1.0 / rate) histogram.Add(0.100, at);
            for (; !isSo(); at += 1.0 / rate) histogram.Add(delay, at);
            return at - began;
        }
    }

    [Theory]
    [InlineData(-0.001)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void What_is_no_delay_is_refused(double delay) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DelayHistogram().Add(delay, 0));

    private static double Naive(IEnumerable<(double Delay, double At)> all, double q)
    {
        var newest = all.Max(one => one.At);
        var weighed = all.Select(one => (one.Delay, Weight: Math.Exp((one.At - newest) / DelayHistogram.Memory)))
            .OrderBy(one => one.Delay).ToList();
        var (sum, passed) = (weighed.Sum(one => one.Weight), 0.0);
        foreach (var (delay, weight) in weighed)
        {
            passed += weight;
            if (passed >= q * sum) return delay;
        }

        return weighed[^1].Delay;
    }
}
