using System.Data.Common;
using System.Diagnostics;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// Brings decisions from the queue to the database, by way of the spool while the database is away, and scenes' minutes. All of it runs on
/// one thread of its own (<see cref="AdoNetDecisionLog"/>): the database's calls block.
/// </summary>
internal sealed partial class DecisionCommitter : IDisposable
{
    private const int SpoolBatchSize = 4096;

    private static readonly TimeSpan s_firstRetry = TimeSpan.FromMilliseconds(250);

    // Under Sync nothing is published until a try succeeds where the spool's disk is full too, so tries must not become rare.
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_saidAgain = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_retentionPeriod = TimeSpan.FromMinutes(1);

    private readonly SqlDialect _dialect;
    private readonly DecisionLogOptions _options;
    private readonly DecisionQueue _queue;
    private readonly DecisionSpool _spool;
    private readonly RowQueue<SceneMinute> _minutes;
    private readonly RowQueue<GenerationRow> _generations;
    private readonly RowQueue<ModelMinute> _modelMinutes;
    private readonly DecisionLogCounters _counters;
    private readonly DecisionLosses _losses;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Action _wake;
    private readonly ITimer _retryTimer;
    private readonly ITimer _retentionTimer;
    private readonly List<Decision> _inserted = [];

    private DecisionTable? _table;
    private DecisionCsvBacklog? _csv;
    private DateTimeOffset? _awaySince;
    private long _awaySaid;
    private TimeSpan _nextRetry = s_firstRetry;
    private string? _refusalSaid;
    private volatile string? _away;
    private volatile bool _retryDue;
    private volatile bool _retentionDue;

    /// <param name="dialect">The database.</param>
    /// <param name="options">The log's options.</param>
    /// <param name="queue">Where decisions come from.</param>
    /// <param name="spool">Where they wait.</param>
    /// <param name="minutes">Where scenes' minutes come from, and wait.</param>
    /// <param name="generations">Where texts' rows come from, and wait.</param>
    /// <param name="modelMinutes">Where language models' minutes come from, and wait.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="losses">What is lost.</param>
    /// <param name="clock">For retries and retention.</param>
    /// <param name="logger">For the operator.</param>
    /// <param name="wake">Asks for a <see cref="Step"/>; called by timers.</param>
    public DecisionCommitter(
        SqlDialect dialect, DecisionLogOptions options, DecisionQueue queue, DecisionSpool spool, RowQueue<SceneMinute> minutes,
        RowQueue<GenerationRow> generations, RowQueue<ModelMinute> modelMinutes, DecisionLogCounters counters, DecisionLosses losses,
        TimeProvider clock, ILogger logger, Action wake)
    {
        (_dialect, _options, _queue, _spool) = (dialect, options, queue, spool);
        (_minutes, _generations, _modelMinutes) = (minutes, generations, modelMinutes);
        (_counters, _losses, _clock, _logger, _wake) = (counters, losses, clock, logger, wake);
        _retryTimer = clock.CreateTimer(_ => Due(retry: true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _retentionTimer = clock.CreateTimer(_ => Due(retry: false), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why the database takes no writes; null where it took the last ones. To be read on any thread, as the next.</summary>
    public string? Away => _away;

    /// <summary>Why the CSV file did not take the last rows; null where it did, or there is none.</summary>
    public string? CsvFault => _csv?.Fault;

    /// <summary>Opens database, CSV file and spool.</summary>
    /// <exception cref="DecisionLogException">One of them cannot be used.</exception>
    public void Open()
    {
        try
        {
            _table = DecisionTable.Open(_dialect, DatabaseUse.Create, _clock);
        }
        catch (Exception failure)
        {
            throw _dialect.Explain(failure);
        }

        var csv = _options.Csv is null ? null : DecisionCsv.Open(_options.Csv);
        if (csv is not null) _csv = new DecisionCsvBacklog(csv, _options.Csv!, _options.QueueLimit, _counters, _logger);
        var torn = _spool.TakeOver();
        if (torn + (csv?.TornBytes ?? 0) > 0) LogTorn(torn, csv?.TornBytes ?? 0);
        if (_spool.Count > 0) LogTakenOver(_spool.Count);
        if (_spool.MakeReserve() is { } refusal) LogNoReserve(refusal);
        if ((_options.RetentionAge, _options.RetentionCount, _options.MinuteRetention) is not (null, null, null))
            _retentionTimer.Change(TimeSpan.Zero, s_retentionPeriod);
    }

    /// <summary>Does all that is due: tries a database again that was away, commits, deletes what is too old.</summary>
    /// <param name="groupDue">Whether the open group's time has come.</param>
    /// <param name="retryNow">Whether to try again before it is due, and to commit whatever there is.</param>
    public void Step(bool groupDue, bool retryNow)
    {
        groupDue |= retryNow;
        if (_table is null && (retryNow || _retryDue))
        {
            Reopen();
            groupDue = true; // the open group may have become due during the outage
        }

        if (_table is not null) Write(groupDue);
        if (groupDue) WriteRows();
        if (_table is null) PutAway();
        else Retain();
        if (_table is not null) _away = null;
        _losses.Say(atOnce: false);
        SayRowsLost();
    }

    /// <summary>Does the last step and gives up what neither the database nor the spool takes.</summary>
    public void Finish()
    {
        Step(groupDue: true, retryNow: true);
        _csv?.Finish();
        if (_queue.Count > 0)
        {
            _spool.UseReserve();
            _queue.Spool();
        }

        GiveUp($"the database is away and {_spool.Refusal}");
        if (_spool.Count > 0) LogLeftInSpool(_spool.Count);
    }

    /// <summary>Gives up what is in memory; those who wait for it are told.</summary>
    public void GiveUp(string reason)
    {
        var left = _queue.Abandon();
        if (left > 0) _losses.Add(left, reason);
        _losses.Say(atOnce: true);
        GiveUpRows();
    }

    public void Dispose()
    {
        _retryTimer.Dispose();
        _retentionTimer.Dispose();
        Close();
        _csv?.Dispose();
    }

    private void Write(bool groupDue)
    {
        do
        {
            if (!CommitSpool()) return;
            if (groupDue && _queue.TryTake(out var group))
            {
                CommitGroup(group);
                return;
            }
        }
        while (groupDue && _queue.Count > 0); // more decisions went to the spool meanwhile; they come first
    }

    private bool CommitSpool()
    {
        while (_spool.Count > 0)
        {
            if (!CommitSpooled()) return false;
            // What came meanwhile must not wait in memory until the spool is empty: a kill would cost more than one group.
            if (_spool.Count > 0) _queue.Spool();
        }

        return true;
    }

    private void CommitGroup(DecisionGroup group) => TryUseDatabase(() =>
    {
        Commit(group.Decisions);
        _queue.Committed();
    });

    private bool CommitSpooled() => TryUseDatabase(() =>
    {
        var batch = _spool.Read(SpoolBatchSize);
        Commit(batch.Decisions);
        _spool.Remove(batch);
        if (batch.Records > batch.Decisions.Count)
            _losses.Add(batch.Records - batch.Decisions.Count, "their records in the spool are damaged");
    });

    private void Commit(IReadOnlyList<Decision> decisions)
    {
        using var span = JtfaNames.Spans.HasListeners() ? JtfaNames.Spans.StartActivity(JtfaNames.CommitSpan) : null;
        span?.SetTag("decisions", decisions.Count).SetStatus(ActivityStatusCode.Error);
        var start = _clock.GetTimestamp();
        _table!.Write(decisions, _inserted);
        span?.SetStatus(ActivityStatusCode.Unset); // it did not fail
        _counters.CountCommit(_inserted.Count, _clock.GetElapsedTime(start));
        _csv?.Append(_inserted);
        NoteBack();
    }

    private void NoteBack()
    {
        _nextRetry = s_firstRetry;
        if (_awaySince is { } since) LogBack(_dialect.Place, (_clock.GetUtcNow() - since).TotalSeconds, _spool.Count);
        _awaySince = null;
    }

    private void Retain()
    {
        TryUseDatabase(() =>
        {
            if (_retentionDue) _table!.Retention.Begin(_options, _clock.GetUtcNow());
            _retentionDue = false;
            // One batch a step, so that groups are committed in between.
            if (_table!.Retention.Next() is not null) _wake();
        });
    }

    /// <summary>Takes any failure to mean that the database is away; what was not committed is kept.</summary>
    private bool TryUseDatabase(Action use)
    {
        try
        {
            use();
            return true;
        }
        catch (Exception failure)
        {
            GoAway(failure);
            return false;
        }
    }

    private void Reopen() => TryUseDatabase(() => _table = DecisionTable.Open(_dialect, DatabaseUse.Write, _clock));

    private void GoAway(Exception failure)
    {
        Close();
        _retryDue = false;
        _retryTimer.Change(_nextRetry, Timeout.InfiniteTimeSpan);
        var reason = _dialect.Explain(failure).Message;
        _away = reason;
        // An exception that no database and no disk throws is a defect: its stack trace is logged.
        var defect = failure is DbException or DecisionLogException or IOException or UnauthorizedAccessException ? null : failure;
        SayAway(defect, reason);
        _awaySince ??= _clock.GetUtcNow();
        _nextRetry = _nextRetry * 2 < s_longestRetry ? _nextRetry * 2 : s_longestRetry;
    }

    private void SayAway(Exception? defect, string reason)
    {
        if (_awaySince is null) LogAway(defect, reason, _nextRetry.TotalSeconds);
        else if (_nextRetry < s_longestRetry || _clock.GetElapsedTime(_awaySaid) >= s_saidAgain)
            LogStillAway(defect, reason, _queue.Count + _spool.Count, _nextRetry.TotalSeconds);
        else return;
        _awaySaid = _clock.GetTimestamp();
    }

    private void Close()
    {
        try
        {
            _table?.Dispose();
        }
        catch (DbException failure)
        {
            LogNotClosed(_dialect.Place, failure.Message); // the finaliser will close it: all that matters is to open it again
        }

        _table = null;
    }

    /// <summary>Moves what is in memory to the spool, in order; what the spool does not take stays in memory.</summary>
    private void PutAway()
    {
        _queue.PutBack();
        _queue.Spool();
        if (_spool.Refusal is { } refusal && refusal != _refusalSaid) LogRefused(refusal);
        _refusalSaid = _spool.Refusal;
    }

    private void Due(bool retry)
    {
        if (retry) _retryDue = true;
        else _retentionDue = true;
        _wake();
    }
}
