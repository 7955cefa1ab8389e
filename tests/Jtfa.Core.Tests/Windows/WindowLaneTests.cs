using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

/// <summary>A lane against one window a decision id, for any tokens, times and rules.</summary>
public class WindowLaneTests
{
    private const int Dimension = 5;

    private static readonly FusionHead s_head = new([1, 0, 0, 0, 0, 0, 1, 0, 0, 0], 2, Dimension, [0, 0]);

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void Any_tokens_at_any_times_are_decided_as_by_a_window_a_decision_id() => Property.Holds(Seeds, seed =>
    {
        var run = new Run(new Random(seed));
        for (var step = 0; step < 120; step++) run.Step(moves: false);
        run.End();
    }, runs: LongForm.Times(1000));

    [Fact]
    public void A_lane_that_moves_at_any_moment_goes_on_as_if_it_had_stayed() => Property.Holds(Seeds, seed =>
    {
        var run = new Run(new Random(seed));
        for (var step = 0; step < 120; step++) run.Step(moves: true);
        run.End();
    }, runs: LongForm.Times(1000));

    [Fact]
    public void Without_linger_a_window_fires_and_goes_at_one_moment_and_only_then_opens_again()
    {
        var lane = new WindowLane(Dimension);
        var rule = new WindowRule(2, 3, T: 1, Linger: 0, Beta: 1);
        var token = Token(new Random(1), decision: 4, view: 0, at: 0);
        lane.Add(token.Header, token.Values, rule, 10);
        Assert.False(lane.TryTakeDue(10.9, out _));
        Assert.Equal(11, NextDue(lane));

        Assert.True(lane.TryTakeDue(11, out var due));
        Assert.False(due.HasGone);
        due.Tokens.Fire(FireCause.T, 100, s_head, 1);
        lane.Add(token.Header, token.Values, rule, 11); // late, not the first of another
        Assert.True(lane.TryTakeDue(11, out var gone));
        Assert.Same(due, gone);
        Assert.Equal((true, 1, 0), (gone.HasGone, gone.Tokens.Late, lane.Count));
        Assert.False(lane.TryTakeDue(1000, out _));
        Assert.Equal(double.PositiveInfinity, NextDue(lane));
        lane.Release(gone);

        lane.Add(token.Header, token.Values, rule, 20);
        Assert.Equal((1, 21), (lane.Count, NextDue(lane)));
        Assert.Equal((0, 1, false), (gone.Tokens.Late, gone.Tokens.Distinct, gone.HasGone));
    }

    [Fact]
    public void A_window_that_could_not_be_fired_is_not_asked_to_again_and_goes_in_its_time()
    {
        var lane = new WindowLane(Dimension);
        var rule = new WindowRule(1, 2, T: 1, Linger: 1, Beta: 1);
        var random = new Random(2);
        foreach (var (decision, encoding) in new[] { (1L, TokenEncoding.Plain), (2L, (TokenEncoding)77), (3L, TokenEncoding.Plain) })
        {
            var token = Token(random, decision, view: 0, at: 0);
            lane.Add(token.Header with { Encoding = encoding }, token.Values, rule, 10);
        }

        var (fired, poisoned) = (new List<long>(), new List<long>());
        while (lane.TryTakeComplete(out var window))
        {
            if (Record.Exception(() => window.Tokens.Fire(FireCause.K, 100, s_head, 1)) is null) fired.Add(window.Decision);
            else poisoned.Add(window.Decision);
        }

        Assert.Equal([1, 3], fired);
        Assert.Equal([2], poisoned);
        var gone = new List<long>();
        while (lane.TryTakeDue(100, out var window))
        {
            Assert.True(window.HasGone);
            gone.Add(window.Decision);
        }

        Assert.Equal([1, 2, 3], gone.Order());
        Assert.Equal(0, lane.Count);
    }

    [Fact]
    public void A_token_of_another_dimension_is_refused_and_opens_nothing()
    {
        var lane = new WindowLane(Dimension);
        var token = WindowToken.Any(new Random(3), 1, Dimension + 1);

        Assert.Throws<ArgumentException>(() => lane.Add(token.Header, token.Values, new WindowRule(1, 1, 1, 1, 1), 0));

        Assert.Equal((0, double.PositiveInfinity), (lane.Count, NextDue(lane)));
    }

    [Fact]
    public void A_window_that_comes_to_a_lane_which_has_its_decision_is_refused()
    {
        var (here, there) = (new WindowLane(Dimension), new WindowLane(Dimension));
        var token = Token(new Random(4), decision: 9, view: 0, at: 0);
        foreach (var lane in new[] { here, there }) lane.Add(token.Header, token.Values, new WindowRule(2, 2, 1, 1, 1), 0);

        Assert.Throws<ArgumentException>(() => here.Restore(Assert.Single(there.Windows)));
        Assert.Throws<ArgumentException>(() => new WindowLane(Dimension + 1).Restore(Assert.Single(there.Windows)));
        Assert.Equal(1, here.Count);
    }

    // When the lane has something to do next.
    private static double NextDue(WindowLane lane) => Math.Min(lane.NextTimeout, lane.NextToGo);

    private static WindowToken Token(Random random, long decision, int view, double at)
    {
        var token = WindowToken.Any(random, view, Dimension);
        return token with { Header = token.Header with { Decision = decision, ReceivedAt = at } };
    }

    /// <summary>One lane beside its model. Times are whole parts of a second, so that no sum of them is rounded.</summary>
    private sealed class Run
    {
        private const double Unit = 1 / 1024.0;
        private const double WallStart = 1_800_000_000;

        private readonly Random _random;
        private readonly NaiveLane _model = new(Dimension);
        private readonly WindowRule[] _rules;
        private readonly Dictionary<long, int> _openings = [];
        private readonly Dictionary<long, int> _firings = [];
        private readonly int _decisions;
        private WindowLane _lane = new(Dimension);
        private double _now;
        private double _elapsed;

        public Run(Random random)
        {
            _random = random;
            _decisions = random.Next(1, 9);
            _rules = [.. Enumerable.Range(0, 3).Select(_ => AnyRule())];
        }

        private double WallNow => WallStart + _elapsed;

        public void Step(bool moves)
        {
            switch (_random.Next(moves ? 6 : 5))
            {
                case 0 or 1 or 2:
                    Offer();
                    break;
                case 5:
                    Move();
                    break;
                default:
                    Pass(_random.Next(60));
                    break;
            }

            Assert.Equal(_model.Count, _lane.Count);
            Assert.True(NextDue(_lane) <= _model.NextDue, $"{NextDue(_lane)} is after {_model.NextDue}");
            Assert.All(_lane.Windows, window => Assert.False(window.HasGone));
        }

        /// <summary>All that is open fires and goes.</summary>
        public void End()
        {
            Pass(10_000);
            Assert.Equal((0, double.PositiveInfinity), (_lane.Count, NextDue(_lane)));
            Assert.Equal(_openings.OrderBy(one => one.Key), _firings.OrderBy(one => one.Key));
        }

        // A batch holds any decisions, in any order; its tokens were received a little ago, some so long that their window's T has passed.
        private void Offer()
        {
            var rule = _rules[_random.Next(_rules.Length)];
            var batch = Enumerable.Range(0, _random.Next(1, 12)).Select(_ =>
            {
                var ago = _random.Next(3) == 0 ? _random.Next(80) * Unit : 0;
                var token = Token(_random, _random.Next(_decisions) - 2, _random.Next(rule.N + 2), WallNow - ago);
                return (Token: token, Rule: rule, OpensAt: _now - Math.Clamp(ago, 0, rule.T));
            }).ToList();
            var known = _lane.Windows.Select(window => window.Decision);
            foreach (var decision in batch.Select(one => one.Token.Header.Decision).Distinct().Except(known))
                _openings[decision] = _openings.GetValueOrDefault(decision) + 1;

            foreach (var (token, itsRule, opensAt) in batch) _lane.Add(token.Header, token.Values, itsRule, opensAt);
            var fired = new List<LaneEvent>();
            while (_lane.TryTakeComplete(out var window)) fired.Add(Fire(window, FireCause.K));

            Assert.Equal(_model.Add(batch, WallNow, s_head), fired);
        }

        private void Pass(int units)
        {
            _now += units * Unit;
            _elapsed += units * Unit;
            var (events, last) = (new List<LaneEvent>(), double.NegativeInfinity);
            while (_lane.TryTakeDue(_now, out var window))
            {
                var at = window.HasGone ? window.GoesAt : window.OpenedAt + window.Rule.T;
                Assert.InRange(at, last, _now);
                last = at;
                events.Add(window.HasGone ? Tallied(window) : Fire(window, FireCause.T));
                if (window.HasGone && _random.Next(4) > 0) _lane.Release(window);
            }

            // What is due at one moment comes in any order; a window's own events do not.
            var expected = _model.Pass(_now, WallNow, s_head);
            Assert.Equal(expected.OrderBy(one => one.Decision), events.OrderBy(one => one.Decision));
            Assert.True(NextDue(_lane) > _now, "nothing is due any more");
        }

        // To a process whose monotonic clock began at another time; what moving takes counts as elapsed.
        private void Move()
        {
            var (before, after) = (_now, _now + ((_random.Next(20_000) - 10_000) * Unit));
            var moved = new WindowLane(Dimension);
            foreach (var window in _lane.Windows.OrderBy(_ => _random.Next()))
            {
                var saved = window.Save(before);
                var loaded = LaneWindow.Load(saved, Dimension, after);
                Assert.Equal(saved, loaded.Save(after));
                moved.Restore(loaded);
            }

            (_lane, _now) = (moved, after);
            _model.Shift(after - before);
            Assert.False(_lane.TryTakeComplete(out _), "what was complete had fired");
        }

        private static LaneEvent Tallied(LaneWindow window) => new(window.Decision, null, 0, 0, NaiveLane.Told(window.Tokens));

        private LaneEvent Fire(LaneWindow window, FireCause cause)
        {
            _firings[window.Decision] = _firings.GetValueOrDefault(window.Decision) + 1;
            var dueAt = window.DueAt(cause);
            var fired = window.Tokens.Fire(cause, WallNow, s_head, window.Rule.Beta);
            return new LaneEvent(window.Decision, cause, dueAt, WallNow, NaiveLane.Told(fired));
        }

        private WindowRule AnyRule()
        {
            var n = _random.Next(1, 6);
            var linger = _random.Next(3) == 0 ? 0 : _random.Next(1, 100) * Unit;
            return new WindowRule(_random.Next(1, n + 1), n, _random.Next(1, 100) * Unit, linger, _random.Next(1, 5) / 2.0);
        }
    }
}
