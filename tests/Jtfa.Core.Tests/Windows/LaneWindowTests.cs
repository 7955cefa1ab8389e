using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Windows;

/// <summary>A window as bytes, for another silo to go on with.</summary>
public class LaneWindowTests
{
    private const int Dimension = 5;
    private const double Now = 12.5;

    private static readonly FusionHead s_head = new([1, 0, 0, 0, 0, 0, 1, 0, 0, 0], 2, Dimension, [0, 0]);

    // Where in a saved window K and N lie, and the numbers that tell times and Beta.
    private const int WhereK = 48;
    private const int WhereN = 52;
    private const int HeaderBytes = 96;
    private static readonly int[] s_wherever = [8, 16, 24, 32, 40];

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    [Fact]
    public void What_is_saved_at_any_moment_is_loaded_and_goes_on_as_the_first_would() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var lane = AnyLane(random, out var rule);
        var window = Assert.Single(lane.Windows);
        var later = random.NextDouble() * 1000;

        var loaded = LaneWindow.Load(window.Save(Now), Dimension, later);

        Assert.Equal((window.Decision, window.Rule), (loaded.Decision, loaded.Rule));
        Assert.Equal((window.FirstReceivedAt, window.FirstView), (loaded.FirstReceivedAt, loaded.FirstView));
        Assert.Equal(window.OpenedAt - Now, loaded.OpenedAt - later, 1e-9);
        Assert.Equal(window.DueAt(FireCause.K), loaded.DueAt(FireCause.K));
        Assert.Equal(window.DueAt(FireCause.T), loaded.DueAt(FireCause.T));
        for (var i = 0; i < 10; i++)
        {
            var token = WindowToken.Any(random, random.Next(rule.N + 2), Dimension);
            Assert.Equal(window.Tokens.Add(token.Header, token.Values), loaded.Tokens.Add(token.Header, token.Values));
            if (random.Next(5) == 0) Assert.Equal(Fired(window), Fired(loaded));
            Assert.Equal(State(window), State(loaded));
        }
    }, runs: 1000);

    [Fact]
    public void Bytes_that_are_too_short_or_too_long_are_refused() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var saved = Assert.Single(AnyLane(random, out _).Windows).Save(Now);

        Assert.Throws<ArgumentException>(() => LaneWindow.Load(saved.AsSpan(0, random.Next(saved.Length)), Dimension, Now));
        Assert.Throws<ArgumentException>(() => LaneWindow.Load([.. saved, .. new byte[random.Next(1, 100)]], Dimension, Now));
        Assert.Throws<ArgumentException>(() => LaneWindow.Load(saved, Dimension + 8, Now));
    });

    [Fact]
    public void Times_that_are_no_numbers_are_refused()
    {
        var saved = Assert.Single(AnyLane(new Random(1), out _).Windows).Save(Now);
        foreach (var where in s_wherever)
        {
            foreach (var wrong in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
                Assert.Throws<ArgumentException>(() => LaneWindow.Load(With(saved, where, wrong), Dimension, Now));
        }
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(4, 3)]
    [InlineData(-1, 3)]
    [InlineData(1, 0)]
    [InlineData(1, int.MinValue)]
    [InlineData(1, int.MaxValue)]
    [InlineData(1, 100_000_000)]
    public void Views_that_cannot_be_are_refused_without_room_being_made_for_them(int k, int n)
    {
        var saved = Assert.Single(AnyLane(new Random(2), out _).Windows).Save(Now);
        var wrong = With(With(saved, WhereK, k), WhereN, n);

        Assert.InRange(Allocation.Of(() => Assert.ThrowsAny<ArgumentException>(() => LaneWindow.Load(wrong, Dimension, Now))), 0, 100_000);
    }

    [Fact]
    public void Any_bytes_are_refused_or_make_a_window_that_fires_and_goes() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var bytes = Assert.Single(AnyLane(random, out _).Windows).Save(Now);
        for (var i = random.Next(1, 9); i > 0; i--)
            bytes[random.Next(random.Next(2) == 0 ? HeaderBytes : bytes.Length)] = (byte)random.Next(256);
        LaneWindow window;
        try
        {
            window = LaneWindow.Load(bytes, Dimension, Now);
        }
        catch (ArgumentException)
        {
            return;
        }

        Assert.True(double.IsFinite(window.OpenedAt) && double.IsFinite(window.GoesAt) && window.GoesAt >= window.OpenedAt);
        var lane = new WindowLane(Dimension);
        lane.Restore(window);
        var token = WindowToken.Any(random, 1, Dimension);
        lane.Add(token.Header with { Decision = window.Decision }, token.Values, window.Rule, Now);
        var left = window;
        for (var taken = 0; lane.TryTakeDue(double.MaxValue, out left) && taken < 3; taken++)
        {
            if (!left.HasGone) Record.Exception(() => Fired(left)); // an encoding that there is not, for one
        }

        Assert.Equal(0, lane.Count);
    }, runs: 3000);

    private static WindowLane AnyLane(Random random, out WindowRule rule)
    {
        var n = random.Next(1, 6);
        rule = new WindowRule(random.Next(1, n + 1), n, 0.1 + random.NextDouble(), random.NextDouble(), random.NextDouble() * 3);
        var lane = new WindowLane(Dimension);
        var fires = random.Next(0, 12);
        for (var i = 0; i < random.Next(1, 12); i++)
        {
            var token = WindowToken.Any(random, random.Next(n + 2), Dimension);
            lane.Add(token.Header with { Decision = 7 }, token.Values, rule, Now - random.NextDouble());
            if (i == fires) Fired(Assert.Single(lane.Windows));
        }

        return lane;
    }

    private static string? Fired(LaneWindow window) =>
        window.Tokens.HasFired ? null : NaiveLane.Told(window.Tokens.Fire(FireCause.T, 1_800_000_004, s_head, window.Rule.Beta));

    private static (int, bool, bool, double, string) State(LaneWindow window) =>
        (window.Tokens.Distinct, window.Tokens.HasFired, window.Tokens.IsComplete, window.Tokens.CompletedAt,
            NaiveLane.Told(window.Tokens));

    private static byte[] With<T>(byte[] saved, int where, T number)
        where T : unmanaged
    {
        var changed = saved.ToArray();
        MemoryMarshal.Write(changed.AsSpan(where), number);
        return changed;
    }
}
