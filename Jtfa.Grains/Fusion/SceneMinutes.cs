using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>
/// Sums up a scene's minutes and hands each to the log when it is over: at the first event after it, or by a timer that runs only while
/// something has happened in the minute. An event belongs to the minute in which the scene learned of it.
/// </summary>
internal sealed class SceneMinutes
{
    // Added to the timer's time, so that a timer that ticks a little early does not have to run twice.
    private static readonly TimeSpan s_margin = TimeSpan.FromMilliseconds(20);

    // Seconds.
    private const double ShortStep = 2;

    private readonly string _scene;
    private readonly Func<double, ScenePolicy> _policyAt;
    private readonly IDecisionLog _log;
    private readonly TimeProvider _clock;
    private readonly IGrainTimer _timer;
    private readonly Func<int> _clockEpoch;
    private readonly PercentileSketch _latency = new();
    private double _began;
    private double _last;
    private int _epoch;
    private long _minute;
    private bool _hasEvents;
    private double _fill;
    private long _decisions;
    private long _byK;
    private long _tokens;
    private long _bytes;
    private long _late;
    private long _labelled;
    private long _correct;
    private long _lost;
    private long _lostBefore;

    /// <param name="scene">The scene, which begins now.</param>
    /// <param name="policyAt">The policy that holds at a time, seconds since 1970.</param>
    /// <param name="clockEpoch">The scene's clock epoch.</param>
    /// <param name="log">Who takes the minutes.</param>
    /// <param name="clock">What time it is.</param>
    /// <param name="makeTimer">Makes a timer of the scene's grain that is not set yet.</param>
    public SceneMinutes(
        string scene, Func<double, ScenePolicy> policyAt, Func<int> clockEpoch, IDecisionLog log, TimeProvider clock,
        Func<Func<CancellationToken, Task>, IGrainTimer> makeTimer)
    {
        (_scene, _policyAt, _clockEpoch, _log, _clock) = (scene, policyAt, clockEpoch, log, clock);
        _began = _last = clock.UnixSeconds();
        _minute = MinuteOf(_began);
        _timer = makeTimer(EndWhenOverAsync);
    }

    /// <summary>Counts a published decision.</summary>
    public void Count(Decision decision, double now)
    {
        Advance(now);
        _latency.Add(decision.LatMean);
        _decisions++;
        _tokens += decision.M;
        _bytes += decision.Bytes;
        _fill += decision.FillRatio;
        if (decision.Cause == FireCause.K) _byK++;
        if (decision.Gt >= 0) _labelled++;
        if (decision.Correct) _correct++;
    }

    /// <summary>Counts what a window saw besides its decision.</summary>
    public void Count(WindowTally tally, double now)
    {
        if (tally.Late == 0) return;
        Advance(now);
        _late += tally.Late;
    }

    /// <summary>Takes how many tokens the scene's views have lost since it was activated.</summary>
    public void TakeLost(long total, double now)
    {
        if (total == _lost) return;
        Advance(now);
        _lost = total;
    }

    /// <summary>Ends the minute under way before its time: the scene is deactivated.</summary>
    public void End()
    {
        var now = _clock.UnixSeconds();
        EndUpTo(now);
        if (_hasEvents) Append(now);
    }

    private static long MinuteOf(double time) => (long)Math.Floor(time / SceneMinute.Seconds);

    private void Advance(double now)
    {
        EndUpTo(now);
        if (_hasEvents) return;
        (_hasEvents, _epoch) = (true, _clockEpoch());
        SetTimer(now);
    }

    // Where the clock was set back into an earlier minute, the one under way ends, and one begins in the midst of the earlier. One that is
    // a little behind is waited for: no clock epoch tells its minutes apart.
    private void EndUpTo(double now)
    {
        var (minute, last) = (MinuteOf(now), _last);
        _last = now;
        if (minute == _minute || (minute < _minute && now > last - ShortStep)) return;
        if (_hasEvents) Append(minute > _minute ? (_minute + 1.0) * SceneMinute.Seconds : last);
        if (minute < _minute) _began = now;
        _minute = minute;
    }

    private void SetTimer(double now) =>
        _timer.Change(TimeSpan.FromSeconds(((_minute + 1.0) * SceneMinute.Seconds) - now) + s_margin, Timeout.InfiniteTimeSpan);

    private Task EndWhenOverAsync(CancellationToken cancellationToken)
    {
        var now = _clock.UnixSeconds();
        EndUpTo(now);
        if (_hasEvents) SetTimer(now);
        return Task.CompletedTask;
    }

    private void Append(double to)
    {
        _hasEvents = false;
        // Tokens counted as lost in an earlier minute may arrive after all. This minute then has 0, and later ones subtract the rest.
        var lost = Math.Max(0, _lost - _lostBefore);
        _lostBefore += lost;
        if (_decisions + _late + lost > 0) _log.Append(Minute(to, lost));
        _latency.Reset();
        (_decisions, _byK, _tokens, _bytes, _late, _labelled, _correct, _fill) = (0, 0, 0, 0, 0, 0, 0, 0);
    }

    private SceneMinute Minute(double to, long lost)
    {
        var policy = _policyAt(to);
        return new SceneMinute
        {
            Scene = _scene,
            From = Math.Max(_began, (double)_minute * SceneMinute.Seconds),
            To = to,
            Decisions = _decisions,
            ByK = _byK,
            Tokens = _tokens,
            FillRatio = _decisions > 0 ? _fill / _decisions : double.NaN,
            P50 = _latency.Quantile(0.50),
            P90 = _latency.Quantile(0.90),
            P99 = _latency.Quantile(0.99),
            Bytes = _bytes,
            Late = _late,
            Lost = lost,
            Labelled = _labelled,
            Correct = _correct,
            K = policy.K,
            T = policy.T,
            ClockEpoch = _epoch,
        };
    }
}
