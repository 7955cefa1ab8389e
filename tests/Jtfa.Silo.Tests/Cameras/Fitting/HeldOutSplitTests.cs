using Jtfa.Silo.Cameras.Fitting;

namespace Jtfa.Silo.Tests.Cameras.Fitting;

/// <summary>What a fit holds out to be judged by.</summary>
public sealed class HeldOutSplitTests
{
    // Vectors say their tick.
    private static CapturedView View(int view, params long[] ticks) => new(view, [.. ticks.Select(tick => new float[] { tick })], ticks);

    private static long[] Ticks(int from, int count) => [.. Enumerable.Range(from, count).Select(i => (long)i)];

    [Fact]
    public void What_is_held_out_of_a_run_comes_later_than_all_that_is_fitted_on_with_a_gap_between()
    {
        var (fitted, heldOut) = HeldOutSplit.Part([new Capture([View(0, Ticks(0, 100))]), new Capture([View(0, Ticks(500, 40))])], [0]);
        foreach (var (from, until) in new[] { (0, 100), (500, 540) })
        {
            double[] Of(FusedSamples samples) =>
                [.. samples.Tokens[0].Select(token => (double)token[0]).Where(tick => tick >= from && tick < until)];
            var length = until - from;
            Assert.Equal(length * 3 / 4, Of(fitted).Length);
            Assert.InRange(Of(heldOut).Min() - Of(fitted).Max(), 1 + (0.04 * length), 1 + (0.06 * length));
            Assert.Equal(until - 1, Of(heldOut).Max());
        }
    }

    [Fact]
    public void Views_of_one_run_and_tick_are_one_moment_and_views_of_other_runs_are_not()
    {
        var together = new Capture([View(2, 0, 1, 3, 4, 5, 6, 7, 8), View(5, 1, 2, 3, 4, 5, 6, 7, 8)]);
        var (fitted, _) = HeldOutSplit.Part([together, new Capture([View(5, Ticks(0, 8))])], [2, 5]);
        Assert.All(fitted.Moments.Where(moment => moment is [>= 0, >= 0]), moment =>
            Assert.Equal(fitted.Tokens[0][moment[0]], fitted.Tokens[1][moment[1]]));
        Assert.Equal(4, fitted.Moments.Count(moment => moment is [>= 0, >= 0])); // ticks 1, 3, 4, 5 of the nine
        Assert.Equal((1, 1 + 6), (fitted.Moments.Count(moment => moment[1] < 0), fitted.Moments.Count(moment => moment[0] < 0)));
    }

    [Fact]
    public void A_run_of_few_moments_is_fitted_on_whole()
    {
        var (fitted, heldOut) = HeldOutSplit.Part([new Capture([View(0, Ticks(0, HeldOutSplit.LeastMoments - 1))])], [0]);
        Assert.Equal((HeldOutSplit.LeastMoments - 1, 0), (fitted.Moments.Count, heldOut.Moments.Count));
    }
}
