namespace Jtfa.Core.Tests.Windows;

/// <summary>Tokens of earlier moments that stand for views that have not moved: which are held, and what windows do with them.</summary>
public sealed class HeldTokensTests
{
    private const int Dimension = 2;

    private static readonly FusionHead s_head = new([1, 0, 0, 1], 2, Dimension, [0, 0]);
    private static readonly WindowRule s_rule = new(K: 2, N: 3, T: 0.1, Linger: 0.2, Beta: 1);

    [Fact]
    public void A_token_stands_for_later_moments_of_its_age_until_another_comes()
    {
        var held = new HeldTokens();
        Take(held, view: 1, at: 100, hold: 0.5f);
        Take(held, view: 2, at: 100.1, hold: null);
        Assert.Equal([1], Views(held.At(100.49, 0)));
        Assert.Empty(held.At(100.5, 0)); // as old as it may be
        Assert.Empty(held.At(99.9, 0)); // of before it
        Assert.Empty(held.At(100.2, 1)); // its view has one of its own
        Take(held, view: 1, at: 100.4, hold: 0.5f);
        Take(held, view: 1, at: 100.3, hold: 0.5f); // overtaken on its way
        Assert.Equal(100.4, Assert.Single(held.At(100.6, 0)).Header.Timestamp);
        Take(held, view: 0, at: 100.5, hold: 0.2f);
        Assert.Equal([0, 1], Views(held.At(100.6, 2)));
        Take(held, view: 1, at: 100.7, hold: null); // it sends every one now
        Assert.Empty(held.At(100.75, 0));
        held.Clear();
        Assert.Equal(0, held.Count);
    }

    [Fact]
    public void A_held_token_is_fused_but_does_not_fire_its_window_by_K()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 0, at: 10, isHeld: false, 3, 0);
        Add(lane, view: 1, at: 9.8, isHeld: true, 0, 9);
        Add(lane, view: 2, at: 9.9, isHeld: true, 0, 9);
        Assert.False(lane.TryTakeComplete(out _));
        Assert.Equal(10.1, lane.NextTimeout, 1e-9);
        Assert.True(lane.TryTakeDue(10.1, out var window));
        var fired = window.Tokens.Fire(FireCause.T, 10.1, s_head, 1);
        Assert.Equal([0, 1, 2], fired.Views);
        Assert.Equal((1, 1.0), (fired.Pred, fired.FillRatio));
        Assert.Equal(0.1, fired.LatMean, 1e-9); // of the token of its moment alone
        Assert.Equal(0.1, fired.P99, 1e-9);
        Assert.Equal(0, fired.Gt);
    }

    [Fact]
    public void A_views_own_token_takes_the_place_of_its_held_one_and_counts_for_K()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 0, at: 10, isHeld: false, 3, 0);
        Add(lane, view: 1, at: 9.8, isHeld: true, 0, 9);
        Add(lane, view: 1, at: 10.01, isHeld: false, 4, 0);
        Assert.True(lane.TryTakeComplete(out var window));
        Assert.Equal((10.01, 2, 0), (window.Tokens.CompletedAt, window.Tokens.Distinct, window.Tokens.Duplicates));
        Assert.Equal(0, window.Tokens.Fire(FireCause.K, 10.01, s_head, 1).Pred);
        Add(lane, view: 2, at: 9.9, isHeld: true, 0, 9);
        Add(lane, view: 1, at: 9.8, isHeld: true, 0, 9);
        Assert.Equal((0, 0), (window.Tokens.Late, window.Tokens.LateViews.Count));
    }

    [Fact]
    public void Held_tokens_make_room_for_others_and_open_no_window()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 7, at: 9.8, isHeld: true, 0, 9);
        Assert.Equal(0, lane.Count);
        Add(lane, view: 0, at: 10, isHeld: false, 3, 0);
        Add(lane, view: 7, at: 9.8, isHeld: true, 0, 9);
        Add(lane, view: 8, at: 9.8, isHeld: true, 0, 9);
        Add(lane, view: 9, at: 9.8, isHeld: true, 0, 9); // the fourth of three
        Add(lane, view: 5, at: 10, isHeld: false, 3, 0);
        Assert.True(lane.TryTakeComplete(out var window));
        Assert.Equal([0, 5, 8], window.Tokens.Fire(FireCause.K, 10.01, s_head, 1).Views);
        Assert.Equal(0, window.Tokens.Surplus);
    }

    [Fact]
    public void A_window_that_moves_to_another_silo_knows_which_are_held()
    {
        var lane = new WindowLane(Dimension);
        Add(lane, view: 0, at: 10, isHeld: false, 3, 0);
        Add(lane, view: 1, at: 9.8, isHeld: true, 0, 9);
        var other = new WindowLane(Dimension);
        other.Restore(LaneWindow.Load(lane.Windows.Single().Save(10.02), Dimension, 10.02));
        Assert.False(other.TryTakeComplete(out _));
        Add(other, view: 1, at: 10.03, isHeld: false, 4, 0);
        Assert.True(other.TryTakeComplete(out var window));
        Assert.Equal((2, 2), (window.Tokens.Fresh, window.Tokens.Distinct));
    }

    private static void Add(WindowLane lane, int view, double at, bool isHeld, params sbyte[] values) => lane.Add(
        new TokenHeader
        {
            Decision = 200,
            Timestamp = at,
            ReceivedAt = at,
            Scale = 1,
            View = view,
            Label = isHeld ? 1 : 0,
            Quality = 1,
            IsHeld = isHeld,
        },
        values, s_rule, 10);

    private static void Take(HeldTokens held, int view, double at, float? hold) => held.Take(
        new TokenPacket { Timestamp = at, View = view, Scale = 1, Values = new sbyte[Dimension], Hold = hold }, at);

    private static IEnumerable<int> Views(HeldToken[] tokens) => tokens.Select(token => token.Header.View);
}
