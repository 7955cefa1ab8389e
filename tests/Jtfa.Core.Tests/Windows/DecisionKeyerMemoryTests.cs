using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

/// <summary>A keyer forgets, yet no token ever finds out.</summary>
public class DecisionKeyerMemoryTests
{
    private const double Start = 1_800_000_000;

    private static readonly double[] s_widths = [0.01, 0.1, 1, 20, 3600];
    private static readonly double[] s_timeouts = [0.02, 0.12, 5, 60];
    private static readonly double[] s_lingers = [0, 0.25, 60];
    private static readonly double[] s_ages = [0.5, 10, 100];
    private static readonly double[] s_aheads = [0, 1, 5];

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void Keyed_by_timestamp_no_decision_opens_again_once_it_has_gone() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var run = new Run(random, WindowKeying.Timestamp);
        for (var i = 0; i < 300; i++)
        {
            run.PassTime();
            var timestamp = run.AnyCapture();
            run.Expect(timestamp, null, (long)Math.Round(timestamp / run.Rule.W, MidpointRounding.AwayFromZero));
        }
    });

    [Fact]
    public void Keyed_by_sequence_no_decision_whose_captures_lie_within_W_opens_again_once_it_has_gone() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var run = new Run(random, WindowKeying.Sequence);
        var moments = new List<double>();
        for (var i = 0; i < 300; i++)
        {
            run.PassTime();
            if (moments.Count == 0 || random.Next(3) == 0) moments.Add(run.AnyCapture());
            var decision = random.Next(2) == 0 ? moments.Count - 1 : random.Next(moments.Count);
            run.Expect(moments[decision] + (random.NextDouble() * run.Rule.W), decision, decision);
        }
    });

    [Fact]
    public void A_decision_is_remembered_while_its_window_is_open_however_old_its_captures_get()
    {
        var keyer = new DecisionKeyer(maxAge: 1);
        var rule = new KeyingRule(WindowKeying.Timestamp, 2, T: 60, W: 3600, Linger: 60);
        var moment = 3600 * 500_000.0;
        Assert.Equal(RejectReason.None, keyer.TryKey(moment, 0, null, moment, rule, out var first));

        // Others open and close meanwhile, so that it has every occasion to forget.
        for (var i = 1; i < 119; i++) keyer.TryKey(moment + i, 1, null, moment + i, rule with { W = 0.1, T = 0.1, Linger = 0 }, out _);

        Assert.Equal(RejectReason.None, keyer.TryKey(moment + 119, 1, null, moment + 119, rule, out var again));
        Assert.Equal(first, again);
        Assert.Equal(RejectReason.Stale, keyer.TryKey(moment + 120, 1, null, moment + 120, rule, out _));
        Assert.Equal(RejectReason.Stale, keyer.TryKey(moment + 1799, 1, null, moment + 1799, rule, out _));
    }

    [Fact]
    public void A_decision_keeps_the_lifetime_that_it_opened_with()
    {
        var keyer = new DecisionKeyer();
        var rule = new KeyingRule(WindowKeying.Sequence, 2, T: 1, W: 0.1, Linger: 1);
        keyer.TryKey(Start, 0, 5, Start, rule, out _);

        Assert.Equal(RejectReason.None, keyer.TryKey(Start, 1, 5, Start + 1.5, rule with { T = 0.1, Linger = 0 }, out _));
        Assert.Equal(RejectReason.Stale, keyer.TryKey(Start, 1, 5, Start + 2, rule with { T = 9, Linger = 9 }, out _));
    }

    [Fact]
    public void One_long_lived_window_does_not_keep_later_short_ones_counted_as_open()
    {
        var keyer = new DecisionKeyer(open: new Quota(3));
        var rule = new KeyingRule(WindowKeying.Sequence, 2, T: 0.1, W: 0.1, Linger: 0);
        keyer.TryKey(Start, 0, -1, Start, rule with { T = 60 }, out _);
        for (var i = 0; i < 50; i++)
        {
            var now = Start + (i * 0.1);
            Assert.Equal(RejectReason.None, keyer.TryKey(now, 0, i, now, rule, out _));
            Assert.InRange(keyer.Open, 2, 3);
        }
    }

    /// <summary>One random policy, a clock, and a keyer beside one that never forgets.</summary>
    private sealed class Run
    {
        private readonly Random _random;
        private readonly DecisionKeyer _keyer;
        private readonly UnboundedKeyer _unbounded;
        private readonly List<double> _captures = [];
        private double _now = Start;

        public Run(Random random, WindowKeying keying)
        {
            _random = random;
            Rule = new KeyingRule(keying, 3, Pick(s_timeouts), Pick(s_widths), Pick(s_lingers));
            _keyer = new DecisionKeyer(Pick(s_ages), Pick(s_aheads));
            _unbounded = new UnboundedKeyer(_keyer.MaxAge, _keyer.Ahead(Rule), Rule);
        }

        public KeyingRule Rule { get; }

        // Steps of every size that matters: within a window, a lifetime, and what is remembered.
        public void PassTime()
        {
            var spans = new[] { 0, Rule.W / 4, (Rule.T + Rule.Linger) / 3, _keyer.MaxAge / 3, _keyer.MaxAge + _keyer.MaxAhead };
            _now += Pick(spans) * _random.NextDouble();
        }

        // Fresh, or nearly; half of them within W of one that was seen, since those are the ones that could come again.
        public double AnyCapture()
        {
            var capture = _captures.Count > 0 && _random.Next(2) == 0
                ? Math.Clamp(Pick(_captures) + ((_random.NextDouble() - 0.5) * 2 * Rule.W), _now - _keyer.MaxAge, _now + _keyer.Ahead(Rule))
                : _now + (1.2 * _keyer.Ahead(Rule)) - (_random.NextDouble() * (_keyer.MaxAge + _keyer.Ahead(Rule)) * 1.3);
            _captures.Add(capture);
            return capture;
        }

        public void Expect(double timestamp, long? did, long decision)
        {
            var expected = _unbounded.Key(timestamp, decision, _now);
            var actual = _keyer.TryKey(timestamp, 0, did, _now, Rule, out var keyed);

            Assert.Equal(expected, actual);
            if (actual != RejectReason.None) return;
            Assert.Equal(decision, keyed);
            var span = Math.Max(Rule.T + Rule.Linger, _keyer.MaxAge + _keyer.MaxAhead + Rule.W) + 0.01;
            Assert.True(_keyer.Remembered <= _unbounded.Opened.Count() && _keyer.Open <= _keyer.Remembered);
            if (_unbounded.Opened.Max() == _now)
                Assert.True(_keyer.Remembered <= _unbounded.Opened.Count(openedAt => openedAt >= _now - span));
        }

        private double Pick(IReadOnlyList<double> values) => values[_random.Next(values.Count)];
    }
}
