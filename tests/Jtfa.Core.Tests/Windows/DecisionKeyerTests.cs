using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

public class DecisionKeyerTests
{
    private const double Start = 1_800_000_000;

    private static readonly KeyingRule s_rule = new(WindowKeying.Timestamp, 3, T: 0.12, W: 0.1, Linger: 0.25);

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void Captures_within_half_a_width_of_a_multiple_meet() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var width = random.Next(1, 100_000) / 1000.0;
        var rule = s_rule with { W = width };
        var n = (long)(Start / width) + random.Next(1000);
        var now = n * width + width;
        var keyer = new DecisionKeyer(maxAge: 2 * width);

        for (var view = 0; view < 4; view++)
        {
            var captured = (n + ((random.NextDouble() - 0.5) * 0.999)) * width;
            Assert.Equal(RejectReason.None, keyer.TryKey(captured, view, null, now, rule, out var decision));
            Assert.Equal(n, decision);
        }

        Assert.Equal((1, 1), (keyer.Remembered, keyer.Open));
    });

    // W = 1/8 s: the edges are doubles, exactly. Even and odd n, since rounding half to even would move every other edge.
    [Theory]
    [InlineData(14_400_000_000)]
    [InlineData(14_400_000_001)]
    public void Edges_lie_half_way_between_multiples(long n)
    {
        const double width = 0.125;
        var keyer = new DecisionKeyer();
        var rule = s_rule with { W = width };
        var edge = (n + 0.5) * width;

        Assert.Equal(n, Key(keyer, Math.BitDecrement(edge), rule));
        Assert.Equal(n + 1, Key(keyer, edge, rule));
        Assert.Equal(n, Key(keyer, edge - width, rule));
        Assert.Equal(n - 1, Key(keyer, Math.BitDecrement(edge - width), rule));
    }

    [Fact]
    public void What_is_too_old_or_too_far_ahead_is_refused_and_opens_nothing()
    {
        var keyer = new DecisionKeyer(maxAge: 8, maxAhead: 1);

        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start - 8.001, 0, null, Start, s_rule, out _));
        Assert.Equal(RejectReason.Future, keyer.TryKey(Start + 0.051, 0, null, Start, s_rule, out _));
        Assert.Equal(0, keyer.Remembered);
        Assert.Equal(RejectReason.None, keyer.TryKey(Start - 8, 0, null, Start, s_rule, out _));
        Assert.Equal(RejectReason.None, keyer.TryKey(Start + 0.049, 0, null, Start, s_rule, out _));
        Assert.Equal(2, keyer.Remembered);
    }

    [Fact]
    public void A_tick_says_which_window_whenever_the_frame_was_taken() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var rule = s_rule with { W = Pick(random, 0.02, 0.1, 0.5) };
        var n = (long)(Start / rule.W) + random.Next(1000);
        var (tick, keyer) = (n * rule.W, new DecisionKeyer());
        for (var view = 0; view < 4; view++)
        {
            var captured = tick - (random.NextDouble() * 5);
            Assert.Equal(RejectReason.None, keyer.TryKey(captured, view, null, tick + 0.01, rule, out var decision, tick));
            Assert.Equal(n, decision);
        }

        // Beside a sender that says no tick, as the published ones.
        Assert.Equal(RejectReason.None, keyer.TryKey(tick + 0.001, 4, null, tick + 0.01, rule, out var same));
        Assert.Equal((n, 1), (same, keyer.Remembered));
    });

    [Fact]
    public void A_tick_is_held_to_the_limits_of_capture_times_and_so_is_the_capture_time_beside_it()
    {
        var keyer = new DecisionKeyer(maxAge: 8, maxAhead: 1);
        foreach (var keying in Enum.GetValues<WindowKeying>())
        {
            var rule = s_rule with { Keying = keying };
            foreach (var wrong in new[] { Start - 8.001, -1e300 })
            {
                Assert.Equal(RejectReason.Stale, keyer.TryKey(Start, 0, 1, Start, rule, out _, tick: wrong));
                Assert.Equal(RejectReason.Stale, keyer.TryKey(wrong, 0, 1, Start, rule, out _, tick: Start));
            }

            foreach (var wrong in new[] { Start + 1.001, 1e300 })
            {
                Assert.Equal(RejectReason.Future, keyer.TryKey(Start, 0, 1, Start, rule, out _, tick: wrong));
                Assert.Equal(RejectReason.Future, keyer.TryKey(wrong, 0, 1, Start, rule, out _, tick: Start));
            }
        }

        Assert.Equal((0, 0), (keyer.Remembered, keyer.Open));
    }

    [Theory]
    [InlineData(WindowKeying.Timestamp, 0.12, 0.10, 0.05)] // W/2: as far as clocks may differ
    [InlineData(WindowKeying.Timestamp, 0.12, 0.01, 0.11)] // T − W: still open when its moment is over
    [InlineData(WindowKeying.Timestamp, 0.12, 60.0, 1.00)] // the limit
    [InlineData(WindowKeying.Sequence, 0.12, 0.10, 1.00)]
    [InlineData(WindowKeying.Arrival, 0.12, 0.10, 1.00)]
    public void How_far_ahead_a_capture_may_lie_depends_on_the_policy(WindowKeying keying, double timeout, double width, double ahead)
    {
        var rule = s_rule with { Keying = keying, T = timeout, W = width };

        Assert.Equal(ahead, new DecisionKeyer().Ahead(rule), 1e-12);
        Assert.Equal(RejectReason.Future, new DecisionKeyer().TryKey(Start + ahead + 1e-5, 0, 1, Start, rule, out _));
        Assert.Equal(RejectReason.None, new DecisionKeyer().TryKey(Start + ahead - 1e-5, 0, 1, Start, rule, out _));
    }

    [Fact]
    public void A_token_of_a_decision_that_has_gone_is_stale()
    {
        var keyer = new DecisionKeyer();
        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 0, null, Start, s_rule, out _));

        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 1, null, Start + 0.369, s_rule, out _));
        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start, 2, null, Start + 0.371, s_rule, out _));
    }

    [Fact]
    public void By_sequence_the_packet_must_say_which_decision()
    {
        var rule = s_rule with { Keying = WindowKeying.Sequence };
        var keyer = new DecisionKeyer();

        Assert.Equal(RejectReason.NoDecisionId, keyer.TryKey(Start, 0, null, Start, rule, out _));
        foreach (var did in new[] { 0, -1, long.MinValue, long.MaxValue })
        {
            Assert.Equal(RejectReason.None, keyer.TryKey(Start, 0, did, Start, rule, out var decision));
            Assert.Equal(did, decision);
        }
    }

    [Fact]
    public void A_camera_with_a_wrong_clock_changes_nothing_for_the_others() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var width = Pick(random, 0.01, 0.1, 0.5);
        var rule = new KeyingRule(WindowKeying.Timestamp, 3, width * Pick(random, 0.5, 1.2, 8), width, width * Pick(random, 2, 2.5, 10));
        var (alone, beset) = (new DecisionKeyer(), new DecisionKeyer());

        // What is left of a window's life when it opened as early as it can, and the last capture was as late as it can be.
        var slowest = 0.95 * (rule.T + rule.Linger - alone.Ahead(rule) - (1.5 * width));
        foreach (var (timestamp, view, now, isRogue) in Traffic(random, width, slowest))
        {
            if (isRogue)
            {
                beset.TryKey(timestamp, view, null, now, rule, out _);
                continue;
            }

            Assert.Equal(RejectReason.None, alone.TryKey(timestamp, view, null, now, rule, out var expected));
            Assert.Equal(RejectReason.None, beset.TryKey(timestamp, view, null, now, rule, out var decision));
            Assert.Equal(expected, decision);
        }
    });

    // Three cameras whose clocks are right within W/2, and one that is off by anything, and says so often.
    private static IEnumerable<(double Timestamp, int View, double Now, bool IsRogue)> Traffic(Random random, double width, double slowest)
    {
        var traffic = new List<(double Timestamp, int View, double Now, bool IsRogue)>();
        var span = 60 * width;
        var clocks = Enumerable.Range(0, 3).Select(_ => (random.NextDouble() - 0.5) * 0.98 * width).ToArray();
        for (var i = 0; i < 150; i++)
        {
            var (view, captured) = (random.Next(3), Start + (random.NextDouble() * span));
            traffic.Add((captured + clocks[view], view, captured + (random.NextDouble() * slowest), false));
        }

        var wrong = (random.NextDouble() - 0.5) * Pick(random, width, 10 * width, 3, 30);
        for (var i = 0; i < 150; i++)
        {
            var now = Start - span + (random.NextDouble() * 2 * span);
            traffic.Add((now + wrong, 3, now, true));
        }

        return traffic.OrderBy(token => token.Now);
    }

    private static long Key(DecisionKeyer keyer, double timestamp, in KeyingRule rule)
    {
        Assert.Equal(RejectReason.None, keyer.TryKey(timestamp, 0, null, timestamp, rule, out var decision));
        return decision;
    }

    private static double Pick(Random random, params double[] values) => values[random.Next(values.Length)];

    [Theory]
    [InlineData(WindowKeying.Sequence)]
    [InlineData(WindowKeying.Arrival)]
    public void A_decision_keeps_the_number_of_lanes_that_it_opened_under(WindowKeying keying)
    {
        var keyer = new DecisionKeyer();
        var rule = new KeyingRule(keying, K: 3, T: 1, W: 0.1, Linger: 1, Lanes: 4);
        foreach (var (view, lanes) in new[] { (0, 4), (1, 7), (2, 1) })
        {
            var its = rule with { Lanes = lanes };
            Assert.Equal(RejectReason.None, keyer.TryKey(Start, view, 5, Start, its, out var decision));
            Assert.Equal(4, keyer.LanesOf(decision, its));
        }

        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 0, 6, Start, rule with { Lanes = 7 }, out var next));
        Assert.Equal(7, keyer.LanesOf(next, rule with { Lanes = 7 }));
    }

    [Fact]
    public void Where_the_clock_is_set_back_the_ids_that_come_again_are_others()
    {
        var keyer = new DecisionKeyer();
        for (var moment = 0; moment < 50; moment++)
            Assert.Equal(RejectReason.None, keyer.TryKey(Start + moment, 0, null, Start + moment, s_rule, out _));
        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start + 48, 1, null, Start + 50, s_rule, out _)); // its window has gone

        keyer.MoveClock(-30);

        for (var moment = 20; moment < 80; moment++)
            Assert.Equal(RejectReason.None, keyer.TryKey(Start + moment, 0, null, Start + moment, s_rule, out _));
        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start + 78, 1, null, Start + 80, s_rule, out _));
        Assert.InRange(keyer.Remembered, 1, 15);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public void Windows_that_are_open_when_the_clock_is_set_count_as_open_until_their_time_is_over(double by)
    {
        var keyer = new DecisionKeyer();
        for (var view = 0; view < 5; view++) keyer.TryKey(Start - (view * 0.2), 0, null, Start, s_rule, out _);

        keyer.MoveClock(by);

        keyer.Forget(Start + by + 0.36);
        Assert.Equal(5, keyer.Open);
        keyer.Forget(Start + by + 0.38);
        Assert.Equal(0, keyer.Open);
    }

    [Fact]
    public void Where_the_clock_is_set_forward_a_window_that_is_open_still_takes_its_tokens()
    {
        var keyer = new DecisionKeyer();
        keyer.TryKey(Start, 0, null, Start, s_rule, out var decision);

        keyer.MoveClock(5);

        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 1, null, Start + 5.1, s_rule, out var same));
        Assert.Equal(decision, same);
        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start, 2, null, Start + 5.4, s_rule, out _));
    }
}
