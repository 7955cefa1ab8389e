using Microsoft.Extensions.Time.Testing;

namespace Jtfa.Testing.Clocks;

/// <summary>
/// A clock that stands still until a test moves it. FakeTimeProvider moves first and fires then, on whatever thread next looks at the
/// clock. Here timers fire on the way, each at its time, on the thread that moves the clock and outside any lock. Further: timers can
/// be counted and awaited, and the wall clock can be set apart from elapsed time.
/// </summary>
internal class ManualClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Lock _gate = new();
    private readonly HashSet<ManualTimer> _armed = [];
    private readonly Queue<ManualTimer> _due = new();
    private TaskCompletionSource _timerArmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _set;

    public ManualClock()
        : this(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Timers that are waiting for their time.</summary>
    public int Armed
    {
        get
        {
            lock (_gate) return _armed.Count;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return base.GetUtcNow() + _set;
    }

    public override long GetTimestamp()
    {
        lock (_gate) return (base.GetUtcNow() - Start).Ticks;
    }

    /// <summary>Sets the wall clock forward or back, as an operator or NTP would; timers and elapsed time do not notice.</summary>
    public void Set(TimeSpan by)
    {
        lock (_gate) _set += by;
    }

    /// <summary>Moves the clock. A timer of no wait fires here too, as the first.</summary>
    public new void Advance(TimeSpan by)
    {
        var end = GetTimestamp() + by.Ticks;
        do Fire();
        while (Step(end));
    }

    /// <summary>Waits until as many timers are armed, and moves the clock to the first, which fires late by the time given.</summary>
    public async Task AdvanceToNextTimerAsync(TimeSpan late, CancellationToken cancellationToken, int armed = 1)
    {
        while (true)
        {
            Task timerArmed;
            lock (_gate)
            {
                timerArmed = _timerArmed.Task;
                if (_armed.Count >= armed)
                {
                    base.Advance(TimeToNext() + late);
                    break;
                }
            }

            await timerArmed.WaitAsync(cancellationToken);
        }

        Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private ITimer CreateFakeTimer(Action callback) =>
        base.CreateTimer(_ => callback(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    // To the first timer on the way, or to the end.
    private bool Step(long end)
    {
        lock (_gate)
        {
            var left = TimeSpan.FromTicks(end - GetTimestamp());
            if (left <= TimeSpan.Zero) return false;
            base.Advance(_armed.Count > 0 && TimeToNext() is var next && next < left ? next : left);
            return true;
        }
    }

    private TimeSpan TimeToNext() => TimeSpan.FromTicks(Math.Max(0, _armed.Min(timer => timer.Due) - GetTimestamp()));

    private void Fire()
    {
        while (true)
        {
            Action? callback;
            lock (_gate)
            {
                if (!_due.TryDequeue(out var timer)) return;
                callback = timer.TakeCallback();
            }

            callback?.Invoke();
        }
    }

    private sealed class ManualTimer : ITimer
    {
        private readonly ManualClock _clock;
        private readonly Action _callback;
        private readonly ITimer _timer;
        private TimeSpan _period;
        private bool _isDue;

        public ManualTimer(ManualClock clock, Action callback) =>
            (_clock, _callback, _timer) = (clock, callback, clock.CreateFakeTimer(FallDue));

        /// <summary>When it falls due, of <see cref="GetTimestamp"/>.</summary>
        public long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_clock._gate)
            {
                Disarm();
                (Due, _period) = (_clock.GetTimestamp() + dueTime.Ticks, period);
                if (!_timer.Change(dueTime, period)) return false;
                if (dueTime != Timeout.InfiniteTimeSpan) Arm();
                return true;
            }
        }

        /// <summary>What is to be called; null where the timer was changed or disposed since it fell due.</summary>
        public Action? TakeCallback()
        {
            if (!_isDue) return null;
            _isDue = false;
            if (_period <= TimeSpan.Zero) _clock._armed.Remove(this);
            return _callback;
        }

        public void Dispose()
        {
            lock (_clock._gate)
            {
                Disarm();
                _timer.Dispose();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm()
        {
            _clock._armed.Add(this);
            _clock._timerArmed.SetResult();
            _clock._timerArmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        private void Disarm()
        {
            _isDue = false;
            _clock._armed.Remove(this);
        }

        // Called with the clock's lock held: by a move of the clock, or by Change where there is no wait.
        private void FallDue()
        {
            _isDue = true;
            _clock._due.Enqueue(this);
            if (_period > TimeSpan.Zero) Due += _period.Ticks;
        }
    }
}
