using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>
/// A timer whose ticks are requests of its activation. The next tick is scheduled when the one before has ended. It locks itself and
/// nothing of the clock's: a clock's timer may lock itself below a lock of the clock, which changing it under its own lock would turn round.
/// </summary>
internal sealed partial class GrainTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly GrainTimerCreationOptions _options;
    private CancellationTokenSource? _cancellation;
    private readonly ITimer _timer;
    private TimeSpan _period;
    private TimeSpan? _changedDueTime;
    private bool _ticking;
    private bool _disposed;

    public GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Validate(options.DueTime, options.Period);
        activation.CheckTurn();
        _activation = activation;
        _callback = callback;
        _options = options;
        _period = options.Period;
        using (ExecutionContext.SuppressFlow())
        {
            _timer = activation.Catalog.TimeProvider.CreateTimer(
                static state => ((GrainTimer)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        activation.AddTimer(this);
        _timer.Change(options.DueTime, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The activation's next timer; the activation's to use.</summary>
    public GrainTimer? Next { get; set; }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Validate(dueTime, period);
        lock (this)
        {
            if (_disposed) return;
            _period = period;
            if (_ticking) _changedDueTime = dueTime;
            else _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What a grain registered with its tick's token must not keep the timer running.")]
    public void Dispose()
    {
        lock (this)
        {
            if (_disposed) return;
            _disposed = true;
            _timer.Dispose();
        }

        _activation.RemoveTimer(this);
        try
        {
            _cancellation?.Cancel();
        }
        catch (Exception exception)
        {
            LogTickFailed(_activation.Catalog.Logger, exception, _activation.GrainId);
        }
    }

    // The bounds of what a timer of the runtime takes.
    private static void Validate(TimeSpan dueTime, TimeSpan period)
    {
        Validate(dueTime, nameof(dueTime));
        Validate(period, nameof(period));
    }

    private static void Validate(TimeSpan time, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan((long)time.TotalMilliseconds, -1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)time.TotalMilliseconds, uint.MaxValue - 1, name);
    }

    private void OnDue()
    {
        lock (this)
        {
            if (_ticking || _disposed) return;
            _ticking = true;
        }

        var tick = new Tick(this);
        tick.Bind(_activation);
        _activation.TryReceive(tick);
    }

    private Task OnTick()
    {
        CancellationToken token;
        lock (this)
        {
            if (_disposed) return Task.CompletedTask;
            token = (_cancellation ??= new CancellationTokenSource()).Token;

            // As on Orleans: of a change made while the tick waited for its turn, only the period counts.
            _changedDueTime = null;
        }

        return _callback(token);
    }

    private void OnTicked()
    {
        lock (this)
        {
            _ticking = false;
            if (_disposed) return;
            _timer.Change(_changedDueTime ?? _period, Timeout.InfiniteTimeSpan);
            _changedDueTime = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A timer of {GrainId} failed")]
    private static partial void LogTickFailed(ILogger logger, Exception exception, GrainId grainId);

    private sealed class Tick(GrainTimer timer) : Request
    {
        public override bool Interleaves => timer._options.Interleave;

        public override bool KeepsAlive => timer._options.KeepAlive;

        public override bool DiesWithActivation => true;

        [SuppressMessage("Design", "CA1065", Justification = "Nothing waits for a tick that never ran.")]
        public override void Fail(Exception exception)
        {
        }

        protected override Task InvokeAsync(IGrainBase grain) => timer.OnTick();

        protected override void Complete(Task task)
        {
            if (task.Exception is { } exception) LogTickFailed(timer._activation.Catalog.Logger, exception.InnerException!, timer._activation.GrainId);
            timer.OnTicked();
        }
    }
}
