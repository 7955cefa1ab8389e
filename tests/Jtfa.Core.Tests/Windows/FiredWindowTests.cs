namespace Jtfa.Core.Tests.Windows;

public class FiredWindowTests
{
    private const double Now = 1000;

    private static readonly FusionHead s_head = new([1, 1], 1, 2, [0]);

    [Fact]
    public void Percentiles_are_numpys()
    {
        // numpy.percentile([0.01, 0.02, 0.04, 0.09], [50, 90, 99])
        var fired = Fire([-1, -1, -1, -1], [0.04, 0.01, 0.09, 0.02]);

        Assert.Equal(0.03, fired.P50, 1e-9);
        Assert.Equal(0.075, fired.P90, 1e-9);
        Assert.Equal(0.0885, fired.P99, 1e-9);
        Assert.Equal(0.04, fired.LatMean, 1e-9);
        Assert.Equal(2.95, fired.TailFactor, 1e-6);
    }

    [Fact]
    public void One_token_is_all_its_percentiles()
    {
        var fired = Fire([3], [0.25]);

        Assert.Equal((0.25, 0.25, 0.25, 0.25, 1.0), (fired.LatMean, fired.P50, fired.P90, fired.P99, fired.TailFactor));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-0.01, -0.01)]
    public void The_tail_factor_is_zero_where_the_median_is_not_positive(double latency, double median)
    {
        var fired = Fire([0], [latency]);

        Assert.Equal(median, fired.P50, 1e-9);
        Assert.Equal(0, fired.TailFactor);
    }

    [Theory]
    [InlineData(new[] { 5, 2, 5 }, 5)]
    [InlineData(new[] { 5, 2 }, 2)]
    [InlineData(new[] { 9, 0, 9, 0 }, 0)]
    [InlineData(new[] { -1, -1, -1, 7 }, 7)]
    [InlineData(new[] { -1 }, -1)]
    [InlineData(new[] { -1, -1 }, -1)]
    [InlineData(new[] { -3, 4, -3, 6, 6 }, 6)]
    public void The_label_is_that_of_most_tokens_that_have_one(int[] labels, int expected) =>
        Assert.Equal(expected, Fire(labels, new double[labels.Length]).Gt);

    [Fact]
    public void More_tokens_than_the_stack_takes_are_fused_alike()
    {
        // 300 views of 1024 numbers: past every limit of what is kept on the stack.
        var random = new Random(5);
        var head = new FusionHead([.. Enumerable.Repeat(0f, 1024), .. Enumerable.Repeat(1f, 1024)], 2, 1024, [0.5f, 0]);
        var tokens = Enumerable.Range(0, 300).Select(view => WindowToken.Any(random, view, 1024)).ToArray();
        var block = new TokenBlock(WindowToken.Pack(1024, tokens));

        var fired = FiredWindow.Fuse(block, 300, FireCause.K, 1_800_000_005, head, 0);

        var mean = tokens.Average(token => NaiveFusion.Decode(token).Sum());
        Assert.Equal(300, fired.M);
        Assert.Equal(mean - 0.5, Math.Log(fired.Confidence / (1 - fired.Confidence)) * (fired.Pred == 1 ? 1 : -1), 1e-3);
        Assert.Equal(NaiveFusion.Percentile(tokens.Select(token => 1_800_000_005 - token.Header.Timestamp), 0.99), fired.P99, 1e-12);
    }

    private static FiredWindow Fire(int[] labels, double[] latencies)
    {
        var window = new FusionWindow(1, labels.Length, 2);
        for (var i = 0; i < labels.Length; i++)
        {
            var header = new TokenHeader { Timestamp = Now - latencies[i], Scale = 1, View = i, Label = labels[i], Quality = 1 };
            window.Add(header, [1, 2]);
        }

        return window.Fire(FireCause.T, Now, s_head, 1);
    }
}
