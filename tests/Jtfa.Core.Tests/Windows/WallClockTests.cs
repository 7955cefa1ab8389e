using Jtfa.Testing.Clocks;

namespace Jtfa.Core.Tests.Windows;

public class WallClockTests
{
    private readonly ManualClock _clock = new();
    private readonly List<double> _steps = [];
    private readonly WallClock _wall;

    public WallClockTests()
    {
        _wall = new WallClock(_clock);
        _wall.WasSet += (at, by) =>
        {
            Assert.Equal(_clock.UnixSeconds(), at);
            _steps.Add(by);
        };
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(-30)]
    [InlineData(-0.2)]
    [InlineData(0.2)]
    [InlineData(30)]
    [InlineData(3600)]
    public void A_step_is_told_once_with_its_size_by_whoever_looks_next(double seconds)
    {
        Rest(0.4);
        _clock.Set(TimeSpan.FromSeconds(seconds));

        Assert.Equal(_clock.UnixSeconds(), _wall.Now());
        Assert.Equal(seconds, Assert.Single(_steps), 1e-6);
        for (var look = 0; look < 100; look++) Rest(0.5);
        Assert.Single(_steps);
    }

    [Fact]
    public void A_step_is_noticed_also_where_nobody_asks_for_the_time()
    {
        _clock.Set(TimeSpan.FromSeconds(-30));
        _wall.Look();

        Assert.Equal(-30, Assert.Single(_steps), 1e-6);
    }

    // 500 ppm is what NTP slews by; 8.3 % is chrony's fastest.
    [Theory]
    [InlineData(0.0005)]
    [InlineData(-0.0005)]
    [InlineData(0.083)]
    [InlineData(-0.083)]
    public void A_clock_that_is_slewed_was_not_set(double rate)
    {
        for (var look = 0; look < 10_000; look++)
        {
            Rest(0.25);
            _clock.Set(TimeSpan.FromSeconds(0.25 * rate));
            Rest(0.25);
            _clock.Set(TimeSpan.FromSeconds(0.25 * rate));
            _wall.Look();
        }

        Assert.Empty(_steps);
    }

    [Fact]
    public void What_is_timed_across_a_step_knows_its_size_and_what_began_later_knows_none()
    {
        var before = _wall.Elapsed;
        Rest(0.3);
        _clock.Set(TimeSpan.FromSeconds(-30));
        _wall.Now();
        var between = _wall.Elapsed;
        Rest(0.3);
        _clock.Set(TimeSpan.FromSeconds(12));
        _wall.Now();

        Assert.Equal((-18, 12, 0), (
            Math.Round(_wall.SetSince(before), 6), Math.Round(_wall.SetSince(between), 6), _wall.SetSince(_wall.Elapsed)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_is_told_a_time_after_a_step_before_all_have_heard_of_it()
    {
        var (told, asked) = (false, Task.FromResult(false));
        using var asking = new ManualResetEventSlim();
        _wall.WasSet += (_, _) =>
        {
            asked = Task.Run(() =>
            {
                asking.Set();
                _wall.Now();
                return Volatile.Read(ref told);
            });
            asking.Wait();
            for (var turn = 0; turn < 1000 && !asked.IsCompleted; turn++) Thread.Yield();
            Volatile.Write(ref told, true);
        };
        _clock.Set(TimeSpan.FromSeconds(-30));

        _wall.Now();

        Assert.True(await asked);
    }

    // A thread that is stopped between its readings of the two clocks sees them apart.
    [Fact]
    public void A_look_that_was_interrupted_is_no_step()
    {
        var clock = new InterruptedClock();
        var wall = new WallClock(clock);
        var steps = 0;
        wall.WasSet += (_, _) => steps++;
        for (var look = 0; look < 100; look++)
        {
            clock.Interrupt(TimeSpan.FromSeconds(0.4));
            wall.Now();
            clock.Advance(TimeSpan.FromSeconds(0.1));
            wall.Look();
        }

        Assert.Equal(0, steps);
    }

    private void Rest(double seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        _wall.Now();
        _wall.Look();
    }

    // Time passes right after the next reading of the wall clock.
    private sealed class InterruptedClock : ManualClock
    {
        private TimeSpan _interruption;

        public void Interrupt(TimeSpan by) => _interruption = by;

        public override DateTimeOffset GetUtcNow()
        {
            var now = base.GetUtcNow();
            var by = _interruption;
            _interruption = TimeSpan.Zero;
            if (by > TimeSpan.Zero) Advance(by);
            return now;
        }
    }
}
