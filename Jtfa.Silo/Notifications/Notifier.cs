using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Notifications;

/// <summary>
/// Tells decisions to somebody outside, apart from their path: a scene only puts them into a queue. At its end it tells what waits, as far
/// as that goes at once.
/// </summary>
internal abstract class Notifier : BackgroundService, IDecisionListener
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_last = TimeSpan.FromSeconds(2);

    private int _failures;

    protected Notifier(string by, int limit, bool onlyChanges, TimeProvider clock)
    {
        Clock = clock;
        Counters = new NotificationCounters(by);
        Counters.Queue = Queue = new NotificationQueue(limit, onlyChanges, Counters);
    }

    /// <summary>What became of them.</summary>
    public NotificationCounters Counters { get; }

    protected NotificationQueue Queue { get; }

    protected TimeProvider Clock { get; }

    /// <inheritdoc />
    public void Take(IReadOnlyList<Decision> decisions) => Queue.Take(decisions);

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        Queue.Complete();
        if (ExecuteTask is { } telling)
            await Task.WhenAny(telling, Task.Delay(s_last, Clock, cancellationToken));
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        Counters.Dispose();
        base.Dispose();
    }

    /// <summary>Waits after a failure: each time twice as long up to a minute, and partly random, as long as none succeeds.</summary>
    protected Task WaitToRetryAsync(CancellationToken cancellationToken)
    {
        Counters.CountFailure();
        var full = Math.Min(s_longestWait.TotalSeconds, s_firstWait.TotalSeconds * Math.Pow(2, Math.Min(_failures++, 20)));
        return Task.Delay(TimeSpan.FromSeconds(full * (1 - (Random.Shared.NextDouble() / 2))), Clock, cancellationToken);
    }

    /// <summary>The next failure is the first again.</summary>
    /// <returns>Whether there was one.</returns>
    protected bool HasRecovered()
    {
        var failed = _failures > 0;
        _failures = 0;
        return failed;
    }
}
