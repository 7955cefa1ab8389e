namespace Jtfa.Core.Tests.Windows;

/// <summary>What is remembered of the last windows that fired.</summary>
public class FiredTokensTests
{
    private const int Dimension = 5;

    private static readonly FusionHead s_head =
        new([1, 0, 0, 0, 0, 0, 1, 0, 0, 0], 2, Dimension, [0, 0], gate: [0.5f, -0.2f, 0.1f, 0, 0.3f], gamma: 0.7);

    [Fact]
    public void Weights_are_those_that_the_decision_was_made_with_and_the_oldest_is_forgotten()
    {
        var random = new Random(11);
        var kept = new FiredTokens(3);
        for (var decision = 0; decision < 5; decision++)
        {
            var views = Enumerable.Range(0, 1 + random.Next(6)).ToArray();
            random.Shuffle(views);
            var tokens = views.Select(view => WindowToken.Any(random, view, Dimension)).ToArray();
            var fired = Fire(kept, decision, tokens, beta: decision);

            var (found, beta, trace) = kept.Find(decision, 2, s_head)!.Value;

            Assert.Equal((decision, "trace"), (beta, trace));
            Assert.Equal(fired.Views, found.Select(token => token.View));
            Assert.Equal(1, found.Sum(token => token.Weight), 1e-6);
            var ordered = tokens.OrderBy(token => token.View).ToArray();
            Assert.Equal(ordered.Select(token => token.Header.Timestamp), found.Select(token => token.CapturedAt));
            Assert.Equal(ordered.Select(token => token.Header.ReceivedAt), found.Select(token => token.ReceivedAt));
            Assert.Equal(fired.Bytes, found.Sum(token => token.Bytes));

            // The same fused token, and so the same decision.
            var fused = new float[Dimension];
            foreach (var token in found)
                for (var i = 0; i < Dimension; i++) fused[i] += (float)token.Weight * token.Vector[i];
            var (pred, confidence) = s_head.Decide(fused);
            Assert.Equal(fired.Pred, pred);
            Assert.Equal(fired.Confidence, confidence, 1e-5);
        }

        Assert.Equal(
            [false, false, true, true, true], Enumerable.Range(0, 5).Select(decision => kept.Find(decision, 2, s_head) is not null));
        Assert.Null(kept.Find(4, 1, s_head)); // of another clock epoch
    }

    [Fact]
    public void Keeping_allocates_nothing_once_the_places_are_there()
    {
        var random = new Random(3);
        var kept = new FiredTokens(4);
        var windows = Enumerable.Range(0, 4).Select(
            decision => Window(decision, [.. Enumerable.Range(0, 4).Select(view => WindowToken.Any(random, view, Dimension))])).ToArray();
        foreach (var window in windows) window.Tokens.Fire(FireCause.K, 1, s_head, 1);
        foreach (var window in windows) kept.Keep(window);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) kept.Keep(windows[i % windows.Length]);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static FiredWindow Fire(FiredTokens kept, long decision, WindowToken[] tokens, double beta)
    {
        var window = Window(decision, tokens, beta);
        var fired = window.Tokens.Fire(FireCause.K, 1_800_000_005, s_head, beta);
        kept.Keep(window, "trace");
        return fired;
    }

    private static LaneWindow Window(long decision, WindowToken[] tokens, double beta = 1)
    {
        var lane = new WindowLane(Dimension);
        foreach (var token in tokens)
        {
            var header = token.Header;
            header.Decision = decision;
            lane.Add(header, token.Values, new WindowRule(tokens.Length, 8, T: 1, Linger: 1, beta), 10, clockEpoch: 2);
        }

        Assert.True(lane.TryTakeComplete(out var window));
        return window;
    }
}
