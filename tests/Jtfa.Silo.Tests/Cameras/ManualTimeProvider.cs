namespace Jtfa.Silo.Tests.Cameras;

/// <summary>Clocks that stand still until a test moves them; timers fire on the way, in order.</summary>
internal sealed class ManualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _utc = start;
    private long _elapsed; // 100 ns; nobody sets this clock
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _utc;
    }

    public override long GetTimestamp()
    {
        lock (_lock) return _elapsed;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the wall clock, as an operator or NTP would; elapsed time and timers do not notice.</summary>
    public void SetUtc(DateTimeOffset utc)
    {
        lock (_lock) _utc = utc;
    }

    /// <summary>Moves both clocks and fires what falls due.</summary>
    public void Advance(TimeSpan by)
    {
        var due = new List<ManualTimer>();
        lock (_lock)
        {
            _utc += by;
            _elapsed += by.Ticks;
            due.AddRange(_timers.Where(timer => timer.Due <= _elapsed).OrderBy(timer => timer.Due));
            _timers.RemoveAll(due.Contains);
        }
        foreach (var timer in due) timer.Fire();
    }

    /// <summary>Waits until so many timers are waited for, then moves the clocks to the first and beyond.</summary>
    public async Task AdvanceToNextTimerAsync(TimeSpan beyond, CancellationToken cancellationToken, int waiting = 1)
    {
        while (true)
        {
            Task added;
            TimeSpan? wait = null;
            lock (_lock)
            {
                added = _added.Task;
                if (_timers.Count >= waiting) wait = TimeSpan.FromTicks(_timers.Min(timer => timer.Due) - _elapsed);
            }
            if (wait is { } next)
            {
                Advance(next + beyond);
                return;
            }
            await added.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Moves the clocks from timer to timer until a task has ended.</summary>
    public async Task<T> RunAsync<T>(Task<T> task, TimeSpan beyond, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (!task.IsCompleted)
        {
            var advancing = AdvanceToNextTimerAsync(beyond, ended.Token);
            if (await Task.WhenAny(task, advancing) == advancing) await advancing;
        }
        await ended.CancelAsync(); // or a wait left over would move the clocks at the next timer
        return await task;
    }

    private sealed class ManualTimer(ManualTimeProvider owner, Action callback) : ITimer
    {
        public long Due { get; private set; }

        public void Fire() => callback();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period != Timeout.InfiniteTimeSpan) throw new NotSupportedException("Timers here fire once.");
            TaskCompletionSource added;
            lock (owner._lock)
            {
                owner._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = owner._elapsed + dueTime.Ticks;
                owner._timers.Add(this);
                added = owner._added;
                owner._added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            added.SetResult();
            return true;
        }

        public void Dispose()
        {
            lock (owner._lock) owner._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
