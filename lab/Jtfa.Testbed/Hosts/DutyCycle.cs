namespace Jtfa.Testbed.Hosts;

/// <summary>
/// Lets processes run for a share of the time only, each standing still for the rest of every 20 ms: a slower core where no cgroup can be
/// had. They stand still one after another, so that they are as independent as machines are.
/// </summary>
public sealed class DutyCycle : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;

    /// <summary>Begins.</summary>
    /// <param name="processes">Their ids.</param>
    /// <param name="share">Of the time, above 0 … 1; 1: nothing is done.</param>
    public DutyCycle(IReadOnlyList<int> processes, double share)
    {
        ArgumentNullException.ThrowIfNull(processes);
        if (!(share is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "allowed is above 0 … 1");
        _running = share == 1 ? Task.CompletedTask : Task.WhenAll(processes.Select((process, i) => Task.Factory.StartNew(
            () => Run(process, share, s_period * i / processes.Count), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }

    /// <summary>Has all of them run on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
    }

    private void Run(int process, double share, TimeSpan delay)
    {
        var end = _end.Token.WaitHandle;
        if (end.WaitOne(delay)) return;
        while (!end.WaitOne(s_period * share))
        {
            ProcessSignal.Pause(process);
            var isOver = end.WaitOne(s_period * (1 - share));
            ProcessSignal.Continue(process);
            if (isOver) return;
        }
    }
}
