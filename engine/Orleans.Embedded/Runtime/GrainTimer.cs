using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>A timer whose ticks are requests of its activation. The next tick is scheduled when the one before has ended.</summary>
internal sealed partial class GrainTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly GrainTimerCreationOptions _options;
    private readonly CancellationTokenSource _disposed = new();
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private TimeSpan _period;
    private TimeSpan? _changedDueTime;
    private bool _ticking;

    public GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
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

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _period = period;
            if (_ticking) _changedDueTime = dueTime;
            else _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        if (_disposed.IsCancellationRequested) return;
        _disposed.Cancel();
        _timer.Dispose();
        _activation.RemoveTimer(this);
    }

    private void OnDue()
    {
        lock (_gate)
        {
            if (_ticking || _disposed.IsCancellationRequested) return;
            _ticking = true;
        }

        var tick = new Tick(this);
        tick.Bind(_activation);
        _activation.TryReceive(tick);
    }

    private void OnTicked()
    {
        lock (_gate)
        {
            _ticking = false;
            if (_disposed.IsCancellationRequested) return;
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

        public override bool MayBeDropped => true;

        [SuppressMessage("Design", "CA1065", Justification = "Nothing waits for a tick that never ran.")]
        public override void Fail(Exception exception)
        {
        }

        protected override Task InvokeAsync(IGrainBase grain) =>
            timer._disposed.IsCancellationRequested ? Task.CompletedTask : timer._callback(timer._disposed.Token);

        protected override void Complete(Task task)
        {
            if (task.Exception is { } exception) LogTickFailed(timer._activation.Catalog.Logger, exception.InnerException!, timer._activation.GrainId);
            timer.OnTicked();
        }
    }
}
