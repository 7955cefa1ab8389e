namespace Jtfa.Core.Tests.Windows;

/// <summary>Windows note when each view's token came, where their rule asks for it.</summary>
public class WindowDelaysTests
{
    private const int Dimension = 5;

    private static readonly FusionHead s_head = new([1, 0, 0, 0, 0, 0, 1, 0, 0, 0], 2, Dimension, [0, 0]);
    private static readonly WindowRule s_rule = new(K: 2, N: 3, T: 0.1, Linger: 0.4, Beta: 1, NotesDelays: true);

    [Fact]
    public void The_first_token_of_each_view_counts_late_ones_too_and_of_N_views_at_most()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 4, at: 1000);
        Add(lane, view: 4, at: 1000.010); // a second one replaces the first, which was the one that came in time
        Add(lane, view: 2, at: 1000.020);
        Assert.True(lane.TryTakeComplete(out var window));
        window.Tokens.Fire(FireCause.K, 1000.02, s_head, 1);
        Add(lane, view: 0, at: 1000.300);
        Add(lane, view: 7, at: 1000.310);
        Add(lane, view: 0, at: 1000.320);

        Assert.Equal([4, 2, 0], window.Delays.Select(delay => delay.View));
        Assert.Equal([0, 0.020, 0.300], window.Delays.Select(delay => Math.Round(delay.Seconds, 6)));
    }

    [Fact]
    public void A_gateway_whose_clock_is_behind_makes_no_delay_below_zero()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 0, at: 1000);
        Add(lane, view: 1, at: 999.999);
        Assert.Equal([0, 0], Assert.Single(lane.Windows).Delays.Select(delay => delay.Seconds));
    }

    [Fact]
    public void They_are_not_noted_unasked_nor_more_often_than_fifty_times_a_second_nor_by_a_window_that_moved()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 0, at: 1000, decision: 1, rule: s_rule with { NotesDelays = false });
        for (var i = 0; i < 1000; i++) Add(lane, view: 0, at: 1001 + (i * 0.001), decision: 2 + i);

        var noted = lane.Windows.Where(window => window.Delays.Count > 0).ToList();
        Assert.InRange(noted.Count, 45, 51);
        Assert.All(noted, window => Assert.Empty(LaneWindow.Load(window.Save(0), Dimension, 0).Delays));
        Assert.DoesNotContain(noted, window => window.Decision == 1);
    }

    [Fact]
    public void A_window_that_is_used_again_has_none_of_the_last()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 0, at: 1000);
        Add(lane, view: 1, at: 1000.01);
        Assert.True(lane.TryTakeDue(1000.1, out _));
        Assert.True(lane.TryTakeDue(1000.5, out var gone));
        Assert.Equal(2, gone.Delays.Count);
        lane.Release(gone);
        Add(lane, view: 2, at: 2000, decision: 9);
        Assert.Equal([2], gone.Delays.Select(delay => delay.View));
        Assert.True(lane.TryTakeDue(2000.6, out _));
        Assert.True(lane.TryTakeDue(2000.6, out gone));
        lane.Release(gone);
        Add(lane, view: 2, at: 3000, decision: 10, rule: s_rule with { NotesDelays = false });
        Assert.Empty(gone.Delays);
    }

    private static void Add(WindowLane lane, int view, double at, long decision = 5, WindowRule? rule = null)
    {
        var token = WindowToken.Any(new Random(view), view, Dimension);
        lane.Add(token.Header with { Decision = decision, ReceivedAt = at }, token.Values, rule ?? s_rule, at);
    }
}
