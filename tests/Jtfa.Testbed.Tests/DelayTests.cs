using Jtfa.Testbed.Links;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Jtfa.Testbed.Tests;

/// <summary>Delays against the formulas of their distributions.</summary>
public sealed class DelayTests
{
    private static readonly double[] s_quantiles = [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999];

    [Theory]
    [InlineData(8, 2, double.PositiveInfinity)]
    [InlineData(1, 2, double.PositiveInfinity)]
    [InlineData(0, 5, double.PositiveInfinity)]
    [InlineData(5, 4, 7)]
    public void Normal_delays_are_a_normal_cut_to_what_is_allowed(double mean, double spread, double max)
    {
        var delays = Sample.Delays(new DelayProfile(DelayDistribution.Normal, mean, spread, MaxMs: max));

        // Johnson, Kotz and Balakrishnan, "Continuous univariate distributions" 1, 2nd ed., section 10.1.
        var (a, b) = ((0 - mean) / spread, (max - mean) / spread);
        var inside = Phi(b) - Phi(a);
        var (bDensity, bTimesDensity) = double.IsInfinity(b) ? (0, 0) : (Density(b), b * Density(b));
        var shift = (Density(a) - bDensity) / inside;
        var variance = spread * spread * (1 + (((a * Density(a)) - bTimesDensity) / inside) - (shift * shift));
        HasMoments(delays, mean + (spread * shift), variance);
        HasQuantiles(delays, p => mean + (spread * Normal.InvCDF(0, 1, Phi(a) + (p * inside))));
        Assert.All(delays, delay => Assert.InRange(delay, 0, max));
    }

    [Theory]
    [InlineData(2, 10, 6, double.PositiveInfinity)]
    [InlineData(0, 3, 8, double.PositiveInfinity)]
    public void Pareto_delays_have_its_moments(double least, double scale, double shape, double max)
    {
        var delays = Sample.Delays(new DelayProfile(DelayDistribution.Pareto, least, scale, shape, max));

        // Lomax: mean s/(α − 1), variance s²·α/((α − 1)²·(α − 2)).
        HasMoments(delays, least + (scale / (shape - 1)), scale * scale * shape / ((shape - 1) * (shape - 1) * (shape - 2)));
    }

    [Theory]
    [InlineData(2, 10, 2.5, double.PositiveInfinity)]
    [InlineData(2, 10, 2.5, 500)]
    [InlineData(1, 4, 0.8, 50)]
    public void Pareto_delays_have_its_quantiles(double least, double scale, double shape, double max)
    {
        var delays = Sample.Delays(new DelayProfile(DelayDistribution.Pareto, least, scale, shape, max));

        var below = 1 - Math.Pow(1 + ((max - least) / scale), -shape);
        HasQuantiles(delays, p => least + (scale * (Math.Pow(1 - (p * below), -1 / shape) - 1)));
        Assert.All(delays, delay => Assert.InRange(delay, least, max));
    }

    [Fact]
    public void Constant_delays_are_constant_and_no_delay_is_none()
    {
        Assert.All(Sample.Delays(new DelayProfile(DelayDistribution.Constant, 12.5)), delay => Assert.Equal(12.5, delay));
        Assert.All(
            Sample.Fates(new LinkProfile(), packets: 100), fate =>
                Assert.Equal(new PacketFate(fate.Number, FateKind.Sent, default, null, false), fate));
    }

    [Theory]
    [InlineData(DelayDistribution.Constant, -1, 0, 0, 9)]
    [InlineData(DelayDistribution.Normal, 5, 1, 0, 4)]
    [InlineData(DelayDistribution.Normal, 5, 0, 0, 9)]
    [InlineData(DelayDistribution.Pareto, 5, 1, 0, 9)]
    [InlineData(DelayDistribution.Pareto, 5, double.NaN, 1, 9)]
    public void What_is_no_distribution_is_refused(DelayDistribution distribution, double ms, double spread, double shape, double max) =>
        Assert.Throws<ArgumentException>(() => Sample.Delays(new DelayProfile(distribution, ms, spread, shape, max)));

    [Fact]
    public void Delays_of_a_link_do_not_depend_on_one_another()
    {
        var delays = Sample.Delays(new DelayProfile(DelayDistribution.Normal, 8, 2));
        foreach (var lag in new[] { 1, 2, 3, 10, 64 })
            Sample.IsNear(0, Sample.Correlation(delays[..^lag], delays[lag..]), 1 / Math.Sqrt(delays.Length));
    }

    private static double Phi(double x) => Normal.CDF(0, 1, x);

    private static double Density(double x) => Normal.PDF(0, 1, x);

    private static void HasMoments(double[] values, double mean, double variance)
    {
        Sample.IsNear(mean, values.Mean(), Math.Sqrt(variance / values.Length));
        var fourth = values.Average(value => Math.Pow(value - mean, 4));
        Sample.IsNear(variance, values.Variance(), Math.Sqrt((fourth - (variance * variance)) / values.Length));
    }

    // At the quantile of p, the share of values below is p; delays come in steps of 100 ns.
    private static void HasQuantiles(double[] values, Func<double, double> quantile)
    {
        foreach (var p in s_quantiles) Sample.HasShare(p, values.Count(value => value <= quantile(p)), values.Length);
    }
}
