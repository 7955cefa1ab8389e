using FsCheck;
using FsCheck.Fluent;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Jtfa.Experiments.Tests.Statistics;

/// <summary>Quantiles, medians and their intervals, against MathNet.Numerics and against what intervals promise.</summary>
public sealed class BootstrapTests
{
    private static readonly Gen<double[]> s_samples =
        Gen.Choose(-1_000_000, 1_000_000).Select(number => number / 997.0).NonEmptyListOf().Select(list => list.Take(40).ToArray());

    [Fact]
    public void Quantiles_are_those_of_MathNet() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(s_samples.Zip(Gen.Choose(0, 1000)).ToArbitrary(), drawn =>
        {
            var (sample, permille) = drawn;
            var expected = sample.QuantileCustom(permille / 1000.0, QuantileDefinition.R7);
            Assert.Equal(expected, Quantiles.OfSorted([.. sample.Order()], permille / 1000.0), 6);
            Assert.Equal(sample.Median(), Quantiles.Median(sample), 9);
        }));

    [Fact]
    public void The_order_of_runs_does_not_matter_and_an_estimate_is_the_same_again() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(60),
        Prop.ForAll(s_samples.ToArbitrary(), sample =>
        {
            var estimate = Bootstrap.Median(sample);
            Assert.Equal(estimate, Bootstrap.Median(sample.Reverse()));
            Assert.Equal(estimate, Bootstrap.Median(sample.Order()));
            Assert.InRange(estimate.Median, estimate.Low, estimate.High);
            Assert.InRange(estimate.Low, sample.Min(), estimate.High);
            Assert.True(estimate.High <= sample.Max());
        }));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Of_up_to_five_runs_the_interval_is_their_range(int runs)
    {
        var sample = Enumerable.Range(0, runs).Select(i => i * 1.5).ToArray();
        Assert.Equal((0, sample[^1]), (Bootstrap.Median(sample).Low, Bootstrap.Median(sample).High));
    }

    [Fact]
    public void Of_one_run_the_interval_is_the_point() => Assert.Equal(new Estimate(3.25, 3.25, 3.25, 1), Bootstrap.Median([3.25]));

    [Fact]
    public void The_interval_s_ends_are_those_of_drawing_medians_with_MathNet()
    {
        var sample = Sample(15, 3);
        var random = new Random(77);
        double[] medians = [.. Enumerable.Range(0, 40_000)
            .Select(_ => Enumerable.Range(0, 15).Select(_ => sample[random.Next(15)]).Median()).Order()];

        // The bootstrap's own share of medians at or below its ends; at an order statistic the share jumps, so both sides are looked at.
        var estimate = Bootstrap.Median(sample);
        Assert.True(medians.Count(median => median < estimate.Low) <= 0.031 * 40_000);
        Assert.True(medians.Count(median => median <= estimate.Low) >= 0.019 * 40_000);
        Assert.True(medians.Count(median => median > estimate.High) <= 0.031 * 40_000);
        Assert.True(medians.Count(median => median >= estimate.High) >= 0.019 * 40_000);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(3)]
    public void Intervals_of_few_runs_hold_the_true_median_as_often_as_the_binomial_says(int runs)
    {
        const int Trials = 2000;
        var random = new Random(5);
        var covered = Enumerable.Range(0, Trials).Count(_ => Holds(Bootstrap.Median(Draw(random, runs)), Math.Exp(1)));
        var expected = 1 - (2 * Math.Pow(0.5, runs));
        Assert.InRange(covered / (double)Trials, Bound(expected, Trials, -4.5), Bound(expected, Trials, 4.5));
    }

    [Fact]
    public void Intervals_of_many_runs_hold_the_true_median_in_about_95_of_100()
    {
        const int Trials = 600;
        var random = new Random(6);
        var covered = Enumerable.Range(0, Trials).Count(_ => Holds(Bootstrap.Median(Draw(random, 31)), Math.Exp(1)));

        // The percentile interval of 31 runs is from the 10th to the 22nd or near it: 93 % … 97 %.
        Assert.InRange(covered / (double)Trials, Bound(0.93, Trials, -4.5), Bound(0.97, Trials, 4.5));
    }

    [Fact]
    public void What_is_no_sample_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Bootstrap.Median([]));
        Assert.Throws<ArgumentException>(() => Bootstrap.Median([1, double.NaN]));
        Assert.Throws<ArgumentException>(() => Quantiles.OfSorted([1], 1.1));
        Assert.Throws<ArgumentException>(() => Quantiles.OfSorted([1], double.NaN));
    }

    private static bool Holds(Estimate estimate, double truth) => estimate.Low <= truth && truth <= estimate.High;

    private static double Bound(double share, int trials, double sigmas) => share + (sigmas * Math.Sqrt(share * (1 - share) / trials));

    private static double[] Sample(int count, int seed) => Draw(new Random(seed), count);

    // Skewed as latencies are; median e.
    private static double[] Draw(Random random, int count)
    {
        var sample = new double[count];
        LogNormal.Samples(random, sample, 1, 0.6);
        return sample;
    }
}
