using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

public class FusionWindowTests
{
    private const int Dimension = 5;

    private static readonly FusionHead s_head = new([1, 0, 0, 0, 0, 0, 1, 0, 0, 0], 2, Dimension, [0, 0]);

    [Fact]
    public void Any_history_fires_once_and_fuses_the_newest_of_each_of_at_most_N_views() => Property.Holds(Histories, history =>
    {
        var model = new NaiveWindow(history.K, history.N);
        var window = new FusionWindow(history.K, history.N, Dimension);
        var fires = 0;
        foreach (var step in history.Steps)
        {
            if (step.Token is { } token)
            {
                Assert.Equal(model.Add(token), window.Add(token.Header, token.Values));
            }
            else if (model.TryFire(step.Cause))
            {
                fires++;
                var fired = window.Fire(step.Cause, step.Now, s_head, 1);
                Assert.Equal(step.Cause, fired.Cause);
                Assert.InRange(fired.M, step.Cause == FireCause.K ? history.K : 1, history.N);
                ExpectFusionOf(model.Fused, history.N, step.Now, fired);
            }
            else
            {
                Assert.Throws<InvalidOperationException>(() => window.Fire(step.Cause, step.Now, s_head, 1));
            }

            Assert.Equal(
                (model.Distinct, model.HasFired, model.IsComplete, model.Late, model.Duplicates, model.Surplus),
                (window.Distinct, window.HasFired, window.IsComplete, window.Late, window.Duplicates, window.Surplus));
            Assert.Equal(model.LateViews, window.LateViews);
        }

        Assert.InRange(fires, 0, 1);
    }, runs: 2000);

    [Fact]
    public void Views_that_come_too_late_stand_once_each_in_order_of_arrival_and_never_those_that_were_fused()
    {
        var random = new Random(5);
        var window = new FusionWindow(2, 3, Dimension);
        Add([4, 2]);
        window.Fire(FireCause.K, 1_800_000_004, s_head, 1);
        Assert.Empty(window.LateViews);

        Add([9, 4, 1, 9, 2, 4, 1, 7]);
        Assert.Equal([9, 1, 7], window.LateViews);

        // N of them: whoever invents views does not fill the memory.
        Add(Enumerable.Range(100, 1000));
        Assert.Equal([9, 1, 7], window.LateViews);
        Assert.Equal(1008, window.Late);

        void Add(IEnumerable<int> views)
        {
            foreach (var token in views.Select(view => WindowToken.Any(random, view, Dimension))) window.Add(token.Header, token.Values);
        }
    }

    [Fact]
    public void A_view_for_which_there_was_no_place_is_late_if_it_comes_again()
    {
        var random = new Random(6);
        var (fused, surplus) = (WindowToken.Any(random, 1, Dimension), WindowToken.Any(random, 2, Dimension));
        var window = new FusionWindow(1, 1, Dimension);
        window.Add(fused.Header, fused.Values);
        window.Add(surplus.Header, surplus.Values);
        window.Fire(FireCause.K, 1_800_000_004, s_head, 1);
        Assert.Empty(window.LateViews);

        window.Add(surplus.Header, surplus.Values);

        Assert.Equal([2], window.LateViews);
    }

    [Fact]
    public void Every_order_of_the_same_tokens_gives_the_same_decision() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var tokens = Enumerable.Range(0, random.Next(1, 12)).Select(i => WindowToken.Any(random, i * 3, Dimension)).ToArray();
        var first = Fire(tokens, tokens.Length);
        random.Shuffle(tokens);

        var second = Fire(tokens, tokens.Length);

        Assert.Equal(first.Views, second.Views);
        Assert.Equal(first with { Views = [] }, second with { Views = [] });
    });

    [Fact]
    public void Completion_is_when_the_Kth_view_was_received_whatever_follows()
    {
        var random = new Random(1);
        var window = new FusionWindow(2, 4, Dimension);
        var times = new List<double>();
        foreach (var (view, receivedAt) in new[] { (7, 1.0), (7, 2.0), (3, 3.0), (3, 4.0), (9, 5.0) })
        {
            var token = WindowToken.Any(random, view, Dimension);
            window.Add(token.Header with { ReceivedAt = receivedAt }, token.Values);
            times.Add(window.CompletedAt);
        }

        Assert.Equal([0, 0, 3, 3, 3], times);
    }

    [Fact]
    public void A_batch_that_brings_more_than_K_views_is_fused_whole()
    {
        var random = new Random(2);
        var tokens = Enumerable.Range(0, 4).Select(view => WindowToken.Any(random, view, Dimension)).ToArray();
        var window = new FusionWindow(2, 5, Dimension);
        foreach (var token in tokens) window.Add(token.Header, token.Values);

        var fired = window.Fire(FireCause.K, 1_800_000_004, s_head, 1);

        Assert.Equal([0, 1, 2, 3], fired.Views);
        Assert.Equal(0.8, fired.FillRatio);
    }

    [Theory]
    [InlineData(0, 3, 4)]
    [InlineData(4, 3, 4)]
    [InlineData(1, 0, 4)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 1, TokenPacket.MaxDimension + 1)]
    public void Impossible_windows_are_refused(int k, int n, int dimension) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FusionWindow(k, n, dimension));

    [Fact]
    public void A_token_of_another_dimension_is_refused_and_leaves_no_trace()
    {
        var token = WindowToken.Any(new Random(3), 1, Dimension + 1);
        var window = new FusionWindow(1, 2, Dimension);

        Assert.Throws<ArgumentException>(() => window.Add(token.Header, token.Values));
        Assert.Equal((0, 0, 0, 0), (window.Distinct, window.Late, window.Duplicates, window.Surplus));
    }

    [Fact]
    public void A_head_of_another_dimension_is_refused_and_leaves_the_window_to_fire()
    {
        var token = WindowToken.Any(new Random(4), 1, Dimension);
        var window = new FusionWindow(1, 2, Dimension);
        window.Add(token.Header, token.Values);

        Assert.Throws<ArgumentException>(() => window.Fire(FireCause.K, 1, new FusionHead([1], 1, 1, [0]), 1));
        Assert.Equal(1, window.Fire(FireCause.K, 1, s_head, 1).M);
    }

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    // Few views, so that duplicates and surplus are common; fires now and then, for either cause, whether or not it may.
    private static Gen<History> Histories { get; } = Seeds.Select(seed =>
    {
        var random = new Random(seed);
        var n = random.Next(1, 7);
        var views = random.Next(1, n + 4);
        var steps = new Step[random.Next(1, 40)];
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = random.Next(8) == 0
                ? new Step(null, random.Next(2) == 0 ? FireCause.K : FireCause.T, 1_800_000_004 + random.NextDouble())
                : new Step(WindowToken.Any(random, random.Next(views), Dimension), default, 0);
        }

        return new History(seed, random.Next(1, n + 1), n, steps);
    });

    private static FiredWindow Fire(WindowToken[] tokens, int expected)
    {
        var window = new FusionWindow(1, expected, Dimension);
        foreach (var token in tokens) window.Add(token.Header, token.Values);
        return window.Fire(FireCause.T, 1_800_000_004, s_head, 1.5);
    }

    private static void ExpectFusionOf(List<WindowToken> tokens, int expected, double now, FiredWindow fired)
    {
        var latencies = tokens.Select(token => now - token.Header.Timestamp).ToList();
        var vectors = tokens.Select(NaiveFusion.Decode).ToList();
        var fused = NaiveFusion.Fuse(vectors, [.. vectors.Select(vector => vector.Sum())], 1);

        Assert.Equal(tokens.Select(token => token.View), fired.Views);
        Assert.Equal(tokens.Count, fired.Views.Distinct().Count());
        Assert.Equal((double)tokens.Count / expected, fired.FillRatio);
        Assert.Equal(tokens.Sum(token => token.Header.Bytes), fired.Bytes);
        Assert.Equal(now, fired.FiredAt);
        Assert.Equal(latencies.Average(), fired.LatMean, 1e-12);
        Assert.Equal(NaiveFusion.Percentile(latencies, 0.50), fired.P50, 1e-12);
        Assert.Equal(NaiveFusion.Percentile(latencies, 0.90), fired.P90, 1e-12);
        Assert.Equal(NaiveFusion.Percentile(latencies, 0.99), fired.P99, 1e-12);
        Assert.Equal(NaiveFusion.Majority(tokens.Select(token => token.Header.Label)), fired.Gt);

        // Two classes whose logits are the first two elements: the confidence gives their difference away.
        var difference = Math.Log(fired.Confidence / (1 - fired.Confidence)) * (fired.Pred == 0 ? 1 : -1);
        Assert.Equal(fused[0] - fused[1], difference, 1e-4);
    }

    /// <summary>A token offered, or (null) an attempt to fire.</summary>
    private sealed record Step(WindowToken? Token, FireCause Cause, double Now);

    private sealed record History(int Seed, int K, int N, Step[] Steps);
}
