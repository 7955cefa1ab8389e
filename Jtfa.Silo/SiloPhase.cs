using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo;

/// <summary>Where a silo is in its life.</summary>
internal enum Phase
{
    Starting,
    Up,
    Stopping,
    Failed,
}

/// <summary>Keeps track of the phase, on which the log levels depend.</summary>
internal sealed class SiloPhase : IHostedLifecycleService
{
    // A silo that takes longer waits for others: then its libraries' warnings are of use.
    private static readonly TimeSpan s_usualStart = TimeSpan.FromSeconds(15);

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource<SiloStartException> _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Phase _current = Phase.Starting;
    private volatile bool _isDatabaseAway;

    public Phase Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>Whether the silo waits for its database, which <see cref="Cluster.DatabaseWatch"/> has told of.</summary>
    public bool IsDatabaseAway
    {
        get => _isDatabaseAway;
        set => _isDatabaseAway = value;
    }

    /// <summary>The least level at which what libraries log is of use.</summary>
    public LogLevel LeastOfLibraries => Current switch
    {
        Phase.Up => LogLevel.Warning,
        Phase.Starting when Stopwatch.GetElapsedTime(_began) > s_usualStart => LogLevel.Warning,

        // The parts of a silo stop one after the other, and those that still run warn that the others have gone.
        Phase.Stopping => LogLevel.Error,
        _ => LogLevel.None,
    };

    /// <summary>Completes when the start, or the silo that is up, is given up by something that is not part of it.</summary>
    public Task<SiloStartException> GivenUp => _givenUp.Task;

    /// <summary>Gives it up; only the first cause counts.</summary>
    public void GiveUp(SiloStartException cause) => _givenUp.TrySetResult(cause);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Current = Phase.Up;
        return Task.CompletedTask;
    }

    // Called after a start that failed, too.
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (Current != Phase.Failed) Current = Phase.Stopping;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
