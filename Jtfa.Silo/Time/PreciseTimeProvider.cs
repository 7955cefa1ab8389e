namespace Jtfa.Silo.Time;

/// <summary>
/// The system's clock, with timers that keep to the millisecond. .NET's own go by a clock that Linux advances every 4 ms
/// (CLOCK_MONOTONIC_COARSE), so they fire that much too early or too late: too coarse for a timeout T of tens of milliseconds, and for
/// captures at a wall-clock instant. One thread waits for whatever is due next and hands it to the thread pool.
/// </summary>
public sealed class PreciseTimeProvider : TimeProvider
{
    /// <summary>The process's one; its thread starts with its first timer.</summary>
    public static readonly PreciseTimeProvider Instance = new();

    private readonly PriorityQueue<(PreciseTimer Timer, int Version), long> _due = new();
    private Thread? _thread;
    private long _wakesAt = long.MaxValue;

    private PreciseTimeProvider()
    {
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new PreciseTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * TimestampFrequency);

    private void Schedule(PreciseTimer timer, int version, long at)
    {
        lock (_due)
        {
            _due.Enqueue((timer, version), at);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "jtfa timers" };
                _thread.Start();
            }
            else if (at < _wakesAt)
            {
                Monitor.Pulse(_due);
            }
        }
    }

    private void Run()
    {
        lock (_due)
        {
            while (true)
            {
                var now = GetTimestamp();
                while (_due.TryPeek(out var next, out var at) && at <= now)
                {
                    _due.Dequeue();
                    next.Timer.OnDue(next.Version, at, now);
                }

                // Whole milliseconds, rounded up: a timer is never early, and at most that much late.
                _wakesAt = _due.TryPeek(out _, out var earliest) ? earliest : long.MaxValue;
                if (_wakesAt == long.MaxValue) Monitor.Wait(_due);
                else Monitor.Wait(_due, (int)Math.Min(60_000, Math.Ceiling((earliest - now) * 1000.0 / TimestampFrequency)));
            }
        }
    }

    /// <summary>
    /// One timer. Changing or disposing of it leaves what was scheduled in the queue, outdated by its version. A disposed one forgets whom
    /// it calls, so that the queue does not keep that one in memory until then.
    /// </summary>
    private sealed class PreciseTimer(PreciseTimeProvider clock, TimerCallback callback, object? state) : ITimer, IThreadPoolWorkItem
    {
        private (TimerCallback Callback, object? State)? _target = (callback, state);
        private int _version;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int version;
            lock (this)
            {
                if (_target is null) return false;
                (version, _period) = (++_version, period);
            }

            if (dueTime != Timeout.InfiniteTimeSpan) clock.Schedule(this, version, clock.GetTimestamp() + clock.Ticks(dueTime));
            return true;
        }

        public void OnDue(int version, long at, long now)
        {
            TimeSpan period;
            lock (this)
            {
                if (_target is null || version != _version) return;
                period = _period;
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            if (period <= TimeSpan.Zero) return;

            // At multiples of the period: delays must not add up. Orleans takes a timer that falls behind for a stall of this silo, and
            // then believes no failed probe of another.
            var ticks = Math.Max(1, clock.Ticks(period));
            clock.Schedule(this, version, at + (((now - at) / ticks) + 1) * ticks);
        }

        public void Execute()
        {
            (TimerCallback Callback, object? State)? target;
            lock (this) target = _target;
            target?.Callback(target.Value.State);
        }

        public void Dispose()
        {
            lock (this) _target = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
