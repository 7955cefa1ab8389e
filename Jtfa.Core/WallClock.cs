namespace Jtfa.Core;

/// <summary>
/// The wall clock, and whether it was set: that shows in how it runs against the monotonic one from one look to the next. A clock that
/// is slewed was not set; one that goes on while the machine sleeps was. Safe for concurrent use; <see cref="Now"/> allocates nothing.
/// </summary>
public sealed class WallClock
{
    /// <summary>How often somebody has to look, seconds: after a longer rest small steps pass for slewing.</summary>
    public const double Period = 0.5;

    // How far the clocks may part between two looks, seconds: by what a look may be wrong, and by slewing (chrony's fastest is 8 %).
    private const double Unsure = 0.15;
    private const double Slewed = 0.1;

    // Seconds: what is timed from a wall clock's time, in doubles, may come to lie so long before the step after which it began.
    private const double Rounding = 0.0001;

    // The two clocks are read one after the other; a thread that is stopped in between sees them apart.
    private const double Together = 0.001;
    private const int MostReadings = 5;

    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private volatile Reading _reading;
    private volatile Step? _last;

    /// <summary>A clock that has seen no step.</summary>
    public WallClock(TimeProvider clock)
    {
        _clock = clock;
        _reading = Read();
    }

    /// <summary>
    /// Is told of each step, by whoever notices it and before that one goes on: when it was noticed, seconds since 1970 by the clock as it
    /// was set, and by how many seconds it was set, below 0 back. A listener must not ask for the time: it would be told again.
    /// </summary>
    public event Action<double, double>? WasSet;

    /// <summary>Seconds of the monotonic clock, as <see cref="SetSince"/> takes them.</summary>
    public double Elapsed => _clock.GetTimestamp() / (double)_clock.TimestampFrequency;

    /// <summary>What time it is, seconds since 1970. If the clock was set since the last look, listeners are told of it first.</summary>
    public double Now()
    {
        var before = _reading;
        var (wall, elapsed) = (_clock.UnixSeconds(), Elapsed);
        return IsStep(before, wall, elapsed) ? Look() : wall;
    }

    /// <summary>The same, and takes the moment as the one that the next are compared with.</summary>
    public double Look()
    {
        // One at a time: who comes second finds the step told.
        lock (_gate)
        {
            var (before, now) = (_reading, Read());
            if (IsStep(before, now.Wall, now.Elapsed))
            {
                var by = now.Ahead - before.Ahead;
                _last = new Step(by, now.Elapsed, _last is { } last ? last with { Before = null } : null);
                WasSet?.Invoke(now.Wall, by);
            }

            // Last: until all are told, others find the step and wait here.
            _reading = now;
            return now.Wall;
        }
    }

    /// <summary>By how many seconds the clock was set since a moment of the monotonic clock; 0 where it was not.</summary>
    public double SetSince(double elapsed)
    {
        var by = 0.0;
        for (var step = _last; step is not null && step.Elapsed > elapsed + Rounding; step = step.Before) by += step.By;
        return by;
    }

    private static bool IsStep(Reading before, double wall, double elapsed) =>
        Math.Abs(wall - elapsed - before.Ahead) > Unsure + (Slewed * (elapsed - before.Elapsed));

    private Reading Read()
    {
        for (var readings = 1; ; readings++)
        {
            var before = Elapsed;
            var wall = _clock.UnixSeconds();
            var after = Elapsed;
            if (after - before < Together || readings == MostReadings) return new Reading(wall, (before + after) / 2);
        }
    }

    // The two clocks at one moment.
    private sealed record Reading(double Wall, double Elapsed)
    {
        public double Ahead => Wall - Elapsed;
    }

    // The last two are kept: a window is open for seconds.
    private sealed record Step(double By, double Elapsed, Step? Before);
}
