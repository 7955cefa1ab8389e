using System.Data.Common;
using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Waits for this silo's PostgreSQL: at start until it answers, afterwards while it is away. It says so at once, then every minute, and
/// ends the silo where that lasts longer than configured. The cluster's tables and the decision log may be in two databases: then it waits
/// for both.
/// </summary>
internal sealed partial class DatabaseWatch(
    IReadOnlyList<PostgresDialect> databases, SiloClusterOptions cluster, SiloPhase phase, IHostApplicationLifetime lifetime,
    TimeProvider clock, ILogger<DatabaseWatch> logger, ISystemdNotifier? serviceManager = null) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_quiet = TimeSpan.FromMinutes(1);

    private readonly DbConnection?[] _connections = new DbConnection?[databases.Count];
    private readonly Lock _gate = new();
    private Outage? _outage;
    private long? _firstOutage;

    private string Setting => $"{SiloClusterOptions.Section}:" +
        (phase.Current == Phase.Up ? nameof(cluster.DatabaseAway) : nameof(cluster.DatabaseWait));

    private bool IsWaiting
    {
        get
        {
            lock (_gate) return _outage is not null;
        }
    }

    /// <summary>Goes on with what an earlier attempt of the same start has waited already.</summary>
    public void Continue(DatabaseWatch earlier)
    {
        lock (earlier._gate)
            (_outage, _firstOutage) = (earlier._outage, earlier._firstOutage);
        phase.IsDatabaseAway = IsWaiting;
    }

    /// <summary>Whether a start that failed is to be tried again: a database is away, and has not been waited for long enough.</summary>
    public bool IsWorthAnotherStart(Exception failure)
    {
        // What fails without naming the database may follow from its absence all the same, such as a call that was not answered.
        if (PostgresDialect.AwayCause(failure) is { } cause)
            Note(databases[0].Explain(cause).Message);
        return IsWaiting && !IsOver();
    }

    /// <summary>Completes when every database answers.</summary>
    /// <exception cref="SiloStartException">One did not within the configured time.</exception>
    /// <exception cref="DecisionLogException">One refuses, which does not pass by waiting.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        while (await LookAsync(cancellationToken) is { } fault)
        {
            if (!PostgresDialect.IsAway(fault)) throw fault;
            Note(fault.Message);
            if (IsOver()) throw End(fault);
            await Task.Delay(s_period, clock, cancellationToken);
        }

        NoteBack();
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        foreach (var connection in _connections) connection?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (await LookAsync(stoppingToken) is not { } fault)
                {
                    NoteBack();
                    continue;
                }

                Note(fault.Message);
                if (!IsOver()) continue;
                var isUp = phase.Current == Phase.Up;
                phase.GiveUp(End(fault));
                if (isUp) lifetime.StopApplication();
                return;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    // Null where all answer.
    private Task<DecisionLogException?> LookAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            for (var index = 0; index < databases.Count; index++)
            {
                if (Ask(index) is { } fault) return fault;
            }

            return null;
        },
        cancellationToken);

    private DecisionLogException? Ask(int index)
    {
        // A connection that has ended says nothing of the server: a new one is made before it counts as away.
        if (_connections[index] is not null && TryAsk(index) is null) return null;
        return TryAsk(index);
    }

    private DecisionLogException? TryAsk(int index)
    {
        try
        {
            SqlDialect.Execute(_connections[index] ??= databases[index].Open(DatabaseUse.Read), "SELECT 1");
            return null;
        }
        catch (Exception failure) when (failure is DbException or DecisionLogException or InvalidOperationException)
        {
            _connections[index]?.Dispose();
            _connections[index] = null;
            return databases[index].Explain(failure);
        }
    }

    private void Note(string reason)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            _firstOutage ??= now;
            if (Limit() == TimeSpan.Zero || phase.Current is Phase.Stopping or Phase.Failed) return;
            if (_outage is null)
            {
                LogWaiting(Limit().TotalSeconds, Setting, reason);
                serviceManager?.Notify(new ServiceState($"STATUS=Waiting for the database: {reason}"));
                _outage = new Outage(now, now);
            }
            else if (clock.GetElapsedTime(_outage.Said) >= s_quiet)
            {
                LogStillWaiting(clock.GetElapsedTime(_outage.Since).TotalSeconds, reason);
                _outage = _outage with { Said = now };
            }

            phase.IsDatabaseAway = true;
        }
    }

    private void NoteBack()
    {
        lock (_gate)
        {
            phase.IsDatabaseAway = false;
            if (phase.Current == Phase.Up) _firstOutage = null;
            if (_outage is null) return;
            LogBack(
                string.Join(", ", databases.Select(database => database.Place)), clock.GetElapsedTime(_outage.Since).TotalSeconds);
            serviceManager?.Notify(new ServiceState("STATUS="));
            _outage = null;
        }
    }

    // A start is bounded from the first time that a database was away: it may come and go.
    private bool IsOver()
    {
        lock (_gate)
            return _firstOutage is { } since && clock.GetElapsedTime(since) >= Limit();
    }

    private TimeSpan Limit() => phase.Current is Phase.Up or Phase.Stopping ? cluster.DatabaseAway : cluster.DatabaseWait;

    private SiloStartException End(DecisionLogException fault)
    {
        lock (_gate)
        {
            var seconds = _firstOutage is { } since ? clock.GetElapsedTime(since).TotalSeconds : 0;
            var waited = FormattableString.Invariant($"; waited for it {seconds:F0} s ({Setting})");
            return new SiloStartException([fault.Message + (Limit() == TimeSpan.Zero ? "" : waited)], fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for the database, {Seconds} s at most ({Setting}): {Reason}")]
    private partial void LogWaiting(double seconds, string setting, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Still waiting for the database after {Seconds:F0} s: {Reason}")]
    private partial void LogStillWaiting(double seconds, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database {Places} answers again after {Seconds:F1} s")]
    private partial void LogBack(string places, double seconds);

    private sealed record Outage(long Since, long Said);
}
