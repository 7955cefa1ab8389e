namespace Jtfa.Silo.Cameras;

/// <summary>
/// The absolute schedule of a camera: tick n falls on n/rate seconds after 1970 of the wall clock, so that cameras in different
/// processes capture at the same moments, and waking late never shifts a later tick. A tick is used only in the half period that
/// follows it (there, n = round(time · rate)); one that passes unused is skipped and counted. When the clock is set, the schedule
/// follows it. Used by one caller at a time.
/// </summary>
/// <remarks>
/// Precision on Linux with <c>TimeProvider.System</c>, whose timers go by a clock that moves every 4 ms: on two busy cores captures came
/// 0.1 … 5 ms after their tick, 2.9 ms in the median (CaptureScheduleTests.Precision_on_this_machine measures it), and above about 100 Hz
/// ticks are missed, and counted. Silos use <c>PreciseTimeProvider</c>.
/// </remarks>
public sealed class CaptureSchedule
{
    /// <summary>The slowest rate, Hz: about a capture a day.</summary>
    public const double MinRateHz = 1e-5;

    /// <summary>The fastest rate, Hz.</summary>
    public const double MaxRateHz = 1000;

    private readonly TimeProvider _time;
    private readonly double _rateHz;
    private readonly decimal _unitsPerTick; // of 100 ns; decimal, because a double cannot hold today's time in 100 ns units
    private long? _last;
    private long _lastStamp;
    private long _missed;

    /// <summary>A schedule that has captured nothing.</summary>
    /// <param name="time">The wall clock, the elapsed-time clock and the timers.</param>
    /// <param name="rateHz">Captures a second, <see cref="MinRateHz"/> … <see cref="MaxRateHz"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is outside its range.</exception>
    public CaptureSchedule(TimeProvider time, double rateHz)
    {
        if (!(rateHz >= MinRateHz && rateHz <= MaxRateHz))
            throw new ArgumentOutOfRangeException(nameof(rateHz), rateHz, $"Allowed is {MinRateHz} … {MaxRateHz}.");
        _time = time;
        _rateHz = rateHz;
        _unitsPerTick = TimeSpan.TicksPerSecond / (decimal)rateHz;
    }

    /// <summary>Ticks that passed unused since the first capture, without those that setting the clock forward jumped over.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>When a tick falls due, rounded up to 100 ns.</summary>
    public DateTimeOffset DueAt(long tick) => DateTimeOffset.UnixEpoch.AddTicks((long)decimal.Ceiling(tick * _unitsPerTick));

    /// <summary>The first tick that falls due at this time or later.</summary>
    public long FirstTickFrom(DateTimeOffset time) =>
        (long)decimal.Ceiling((time - DateTimeOffset.UnixEpoch).Ticks / _unitsPerTick);

    /// <summary>The tick whose due time is nearest: round(time · rate), halves to even.</summary>
    public long NearestTick(DateTimeOffset time) => (long)decimal.Round((time - DateTimeOffset.UnixEpoch).Ticks / _unitsPerTick);

    /// <summary>The last tick that fell due at this time or earlier.</summary>
    public long LastTickUntil(DateTimeOffset time) => (long)decimal.Floor((time - DateTimeOffset.UnixEpoch).Ticks / _unitsPerTick);

    /// <summary>Waits for the next tick.</summary>
    /// <returns>The tick's number, in the half period that follows it.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<long> NextAsync(CancellationToken cancellationToken)
    {
        var tick = FirstTickFrom(_time.GetUtcNow());
        if (tick == _last) tick++; // the clock was set back by less than the capture took
        if (_last is { } last) CountMissed(tick - last - 1);

        while (true)
        {
            var early = DueAt(tick) - _time.GetUtcNow();
            if (early > TimeSpan.Zero)
            {
                if (early.Ticks > 2 * _unitsPerTick) tick = FirstTickFrom(_time.GetUtcNow()); // the clock was set back
                else await Task.Delay(WholeMilliseconds(early), _time, cancellationToken);
            }
            else if (-early.Ticks * 2 >= _unitsPerTick)
            {
                var next = FirstTickFrom(_time.GetUtcNow());
                CountMissed(next - tick);
                tick = next;
            }
            else
            {
                cancellationToken.ThrowIfCancellationRequested();
                _last = tick;
                _lastStamp = _time.GetTimestamp();
                return tick;
            }
        }
    }

    // Timers take whole milliseconds and cut the rest off, which would wake before the tick and then spin.
    private static TimeSpan WholeMilliseconds(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));

    // If the clock was set forward, only the ticks that fit into the time that really passed were missed.
    private void CountMissed(long skipped)
    {
        if (skipped <= 0) return;
        var passed = _last is null ? 0 : (long)Math.Ceiling(_time.GetElapsedTime(_lastStamp).TotalSeconds * _rateHz);
        Interlocked.Add(ref _missed, Math.Min(skipped, passed));
    }
}
