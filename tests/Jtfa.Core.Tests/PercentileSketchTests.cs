using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

public class PercentileSketchTests
{
    private static readonly double[] s_quantiles = [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

    public static TheoryData<string, double> Distributions
    {
        get
        {
            var data = new TheoryData<string, double>();
            foreach (var name in new[] { "uniform", "exponential", "lognormal", "pareto", "bimodal", "constant", "two values", "wide" })
            {
                foreach (var error in new[] { 0.005, 0.01, 0.05 }) data.Add(name, error);
            }
            return data;
        }
    }

    private static Gen<double[]> Samples { get; } = Gen.Choose(int.MinValue, int.MaxValue).Select(seed =>
    {
        var random = new Random(seed);
        var values = new double[random.Next(1, 200)];
        foreach (ref var value in values.AsSpan())
            value = random.Next(8) == 0 ? -random.Next(2) : Math.Exp((random.NextDouble() * 36) - 18);
        return values;
    });

    [Theory, MemberData(nameof(Distributions))]
    public void Quantiles_lie_within_the_relative_error(string distribution, double relativeError)
    {
        var random = new Random(7);
        var values = Enumerable.Range(0, 20_000).Select(_ => Sample(distribution, random)).ToArray();
        var sketch = Sketch(values, relativeError);

        Array.Sort(values);
        foreach (var p in s_quantiles)
        {
            var exact = values[(int)(p * (values.Length - 1))];
            Assert.InRange(sketch.Quantile(p), exact * (1 - relativeError) - 1e-12, exact * (1 + relativeError) + 1e-12);
        }
        Assert.Equal((values[0], values[^1], 20_000L), (sketch.Min, sketch.Max, sketch.Count));
    }

    [Fact]
    public void Any_sample_lies_within_the_relative_error() => Property.Holds(Samples, values =>
    {
        var sketch = Sketch(values);
        var sorted = values.Order().ToArray();
        foreach (var p in s_quantiles)
        {
            var exact = sorted[(int)(p * (values.Length - 1))];
            if (exact > 0) Assert.InRange(sketch.Quantile(p), exact * 0.99 * (1 - 1e-12), exact * 1.01 * (1 + 1e-12));
            else Assert.InRange(sketch.Quantile(p), sorted[0], 0);
        }
    });

    [Fact]
    public void Merging_is_adding() => Property.Holds(Samples.Zip(Samples), samples =>
    {
        var (first, second) = samples;
        var merged = Sketch(first);
        merged.Merge(Sketch(second));

        ExpectEqual(Sketch([.. first, .. second]), merged);
    });

    [Fact]
    public void Merging_with_itself_doubles()
    {
        var sketch = Sketch([1, 10, 100, 0]);
        sketch.Merge(sketch);
        ExpectEqual(Sketch([1, 10, 100, 0, 1, 10, 100, 0]), sketch);
    }

    [Fact]
    public void Merging_nothing_changes_nothing()
    {
        var sketch = Sketch([1, 2]);
        sketch.Merge(new PercentileSketch());
        ExpectEqual(Sketch([1, 2]), sketch);
    }

    [Fact]
    public void An_empty_sketch_has_no_quantiles()
    {
        var sketch = new PercentileSketch();
        Assert.Equal(0, sketch.Count);
        Assert.True(double.IsNaN(sketch.Quantile(0.5)) && double.IsNaN(sketch.Min) && double.IsNaN(sketch.Max));
    }

    [Fact]
    public void Resetting_forgets()
    {
        var sketch = Sketch([1e-6, -1, 1e6]);
        sketch.Reset();
        Assert.True(double.IsNaN(sketch.Quantile(0.5)));
        sketch.Add(5);
        ExpectEqual(Sketch([5]), sketch);
    }

    [Fact]
    public void What_is_not_positive_counts_as_zero_within_the_extremes()
    {
        Assert.Equal(0, Sketch([-5, 0, -2, 3]).Quantile(0.5));
        Assert.Equal(-2, Sketch([-5, -2]).Quantile(0.5));
        Assert.Equal(-5, Sketch([-5, -2]).Min);
    }

    [Fact]
    public void The_largest_and_smallest_numbers_are_counted()
    {
        Assert.Equal(double.MaxValue, Sketch([double.MaxValue]).Quantile(1));
        Assert.Equal(double.Epsilon, Sketch([double.Epsilon]).Quantile(0.5));
    }

    [Fact]
    public void When_the_range_is_too_wide_the_lowest_values_give_way()
    {
        foreach (var descending in new[] { false, true })
        {
            var values = Enumerable.Range(-300, 601).Select(exponent => Math.Pow(10, exponent)).ToArray();
            if (descending) Array.Reverse(values);
            var sketch = Sketch(values);

            Assert.Equal(601, sketch.Count);
            Assert.InRange(sketch.Quantile(1), 0.99e300, 1.01e300);
            Assert.InRange(sketch.Quantile(584.5 / 600), 0.99e284, 1.01e284); // 16 decades below the largest
            Assert.InRange(sketch.Quantile(0), 1e-300, 1e284); // not within the error any more
        }
    }

    [Fact]
    public void Adding_allocates_nothing_within_a_known_range()
    {
        var sketch = Sketch([1e-4, 1e2]);
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (var value = 1e-4; value < 1e2; value *= 1.1) sketch.Add(value);
        }));
    }

    [Fact]
    public void Arguments_are_checked()
    {
        foreach (var error in new[] { 0, 1, -0.5, 1e-7, double.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => new PercentileSketch(error));
        foreach (var value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            Assert.Throws<ArgumentOutOfRangeException>(() => new PercentileSketch().Add(value));
        foreach (var p in new[] { -0.1, 1.1, double.NaN }) Assert.Throws<ArgumentOutOfRangeException>(() => Sketch([1]).Quantile(p));
        Assert.Throws<ArgumentException>(() => new PercentileSketch(0.01).Merge(new PercentileSketch(0.02)));
    }

    private static PercentileSketch Sketch(double[] values, double relativeError = 0.01)
    {
        var sketch = new PercentileSketch(relativeError);
        foreach (var value in values) sketch.Add(value);
        return sketch;
    }

    private static void ExpectEqual(PercentileSketch expected, PercentileSketch actual)
    {
        Assert.Equal((expected.Count, expected.Min, expected.Max), (actual.Count, actual.Min, actual.Max));
        foreach (var p in s_quantiles) Assert.Equal(expected.Quantile(p), actual.Quantile(p));
    }

    private static double Sample(string distribution, Random random)
    {
        var u = 1 - random.NextDouble();
        return distribution switch
        {
            "uniform" => u,
            "exponential" => -0.02 * Math.Log(u),
            "lognormal" => Math.Exp(Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * random.NextDouble())),
            "pareto" => Math.Pow(u, -1.5),
            "bimodal" => random.Next(20) == 0 ? 0.12 : 0.004 + (0.001 * u),
            "constant" => 0.1,
            "two values" => random.Next(2) == 0 ? 1e-3 : 1e1,
            "wide" => Math.Exp((u - 0.5) * 4),
            _ => throw new ArgumentException(distribution),
        };
    }
}
