namespace Jtfa.Testing.Clocks;

/// <summary>A clock that stands still until a test moves it. Timers fire on the way, each at its time, on the thread that moves it.</summary>
internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<ManualTimer> _armed = [];
    private long _elapsed;
    private long _set;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that are waiting for their time.</summary>
    public int Armed
    {
        get
        {
            lock (_gate) return _armed.Count;
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _elapsed);

    public override DateTimeOffset GetUtcNow() => start + TimeSpan.FromTicks(GetTimestamp() + Interlocked.Read(ref _set));

    /// <summary>Sets the wall clock forward or back, as an operator would; timers and elapsed time do not notice.</summary>
    public void Set(TimeSpan by) => Interlocked.Add(ref _set, by.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var target = GetTimestamp() + by.Ticks;
        while (TakeDue(target) is { } timer) timer.Fire();
        Interlocked.Exchange(ref _elapsed, target);
    }

    private ManualTimer? TakeDue(long target)
    {
        lock (_gate)
        {
            var next = _armed.MinBy(timer => timer.Due);
            if (next is null || next.Due > target) return null;
            Interlocked.Exchange(ref _elapsed, Math.Max(_elapsed, next.Due));
            if (next.Period > TimeSpan.Zero) next.Due += next.Period.Ticks;
            else _armed.Remove(next);
            return next;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._armed.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                (Due, Period) = (clock.GetTimestamp() + dueTime.Ticks, period);
                return clock._armed.Add(this);
            }
        }

        public void Dispose()
        {
            lock (clock._gate) clock._armed.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
