using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

public class DecisionKeyerArrivalTests
{
    private const double Start = 1_800_000_000;

    private static readonly KeyingRule s_rule = new(WindowKeying.Arrival, 3, T: 0.12, W: 0.1, Linger: 0.25);

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void A_window_closes_with_its_Kth_view()
    {
        var keyer = new DecisionKeyer();
        var ids = new[] { 0, 1, 1, 0, 2, 0, 1, 2, 2 }.Select(view => Key(keyer, view, Start)).ToArray();

        Assert.Single(ids[..5].Distinct());
        Assert.Single(ids[5..8].Distinct());
        Assert.Equal(3, ids.Distinct().Count());
    }

    [Fact]
    public void A_window_closes_T_after_its_first_token()
    {
        var keyer = new DecisionKeyer();
        var first = Key(keyer, 0, Start);

        Assert.Equal(first, Key(keyer, 1, Start + 0.119));
        Assert.NotEqual(first, Key(keyer, 1, Start + 0.121));
    }

    [Fact]
    public void An_open_window_keeps_the_policy_that_it_opened_with()
    {
        var keyer = new DecisionKeyer();
        var first = Key(keyer, 0, Start);

        Assert.Equal(first, Key(keyer, 1, Start, s_rule with { K = 2 }));
        Assert.Equal(first, Key(keyer, 2, Start, s_rule with { K = 2 }));
        Assert.NotEqual(first, Key(keyer, 3, Start, s_rule with { K = 4 }));
    }

    [Fact]
    public void Windows_are_those_of_a_scene_that_takes_whatever_comes() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var rule = s_rule with { K = random.Next(1, 6) };
        var keyer = new DecisionKeyer();
        var (now, openedAt, last) = (Start, double.NegativeInfinity, 0L);
        var views = new HashSet<int>();
        for (var i = 0; i < 100; i++)
        {
            now += random.NextDouble() * random.NextDouble() * rule.T;
            var view = random.Next(6);
            var closed = views.Count == rule.K || now - openedAt >= rule.T;

            var id = Key(keyer, view, now, rule);

            if (closed) Assert.True(id > last);
            else Assert.Equal(last, id);
            if (closed) (openedAt, last) = (now, id);
            if (closed) views.Clear();
            views.Add(view);
        }
    });

    [Fact]
    public void Ids_rise_also_when_the_gateway_starts_again() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var keyer = new DecisionKeyer();
        var (now, last) = (Start, 0L);
        for (var i = 0; i < 100; i++)
        {
            // A microsecond is what a start takes at the very least.
            now += random.Next(3) == 0 ? 0 : random.NextDouble() * 0.001;
            if (random.Next(10) == 0) (keyer, now) = (new DecisionKeyer(), now + 0.0001);
            var id = Key(keyer, 0, now, s_rule with { K = 1 });
            Assert.True(id > last, $"{id} after {last}");
            last = id;
        }
    });

    [Fact]
    public void Too_old_or_too_far_ahead_is_refused_here_too()
    {
        var keyer = new DecisionKeyer(maxAge: 10, maxAhead: 1);

        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start - 10.1, 0, null, Start, s_rule, out _));
        Assert.Equal(RejectReason.Future, keyer.TryKey(Start + 1.1, 0, null, Start, s_rule, out _));
    }

    [Fact]
    public void Windows_open_at_once_are_bounded()
    {
        var keyer = new DecisionKeyer(open: new Quota(10));
        var rule = s_rule with { K = 1 };
        for (var i = 0; i < 10; i++) Key(keyer, 0, Start, rule);

        Assert.Equal(RejectReason.Overload, keyer.TryKey(Start, 0, null, Start, rule, out _));
        Assert.Equal(10, keyer.Open);

        Assert.Equal(RejectReason.None, keyer.TryKey(Start + 0.38, 0, null, Start + 0.38, rule, out _));
        Assert.Equal(1, keyer.Open);
    }

    private static long Key(DecisionKeyer keyer, int view, double now) => Key(keyer, view, now, s_rule);

    private static long Key(DecisionKeyer keyer, int view, double now, in KeyingRule rule)
    {
        Assert.Equal(RejectReason.None, keyer.TryKey(now, view, null, now, rule, out var decision));
        return decision;
    }
}
