using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// The decision log over ADO.NET (docs/decision-log.md): appends gather in memory and are committed in groups by one thread; while the
/// database is away they wait in a spool on disk.
/// </summary>
public sealed partial class AdoNetDecisionLog : IDecisionLog, IHostedService, IAsyncDisposable
{
    // A group this large is committed before its interval is over.
    private const int LargestGroup = 4096;

    // Disk space to reserve for each decision that may be in memory, bytes. Two groups may be there, and a decision takes about 300.
    private const long ReservedBytes = 640;

    // What 1,000 scenes have in ten minutes, some 2 MB.
    private const int MostMinutes = 10_000;

    private readonly DecisionLogOptions _options;
    private readonly int _largeGroup;
    private readonly DecisionLogCounters _counters = new();
    private readonly DecisionLosses _losses;
    private readonly DecisionSpool _spool;
    private readonly DecisionQueue _queue;
    private readonly RowQueue<SceneMinute> _minutes = new(MostMinutes);
    private readonly RowQueue<GenerationRow> _generations = new(MostMinutes);
    private readonly RowQueue<ModelMinute> _modelMinutes = new(MostMinutes);
    private readonly DecisionCommitter _writer;
    private readonly DecisionReader _reader;
    private readonly LogFile? _database;
    private readonly LogFile _spoolFile;
    private readonly LogFile? _csv;
    private readonly ILogger _logger;
    private readonly ITimer _groupTimer;
    private readonly ITimer _minuteTimer;
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _flushLock = new();

    private List<TaskCompletionSource> _flushes = [];
    private Thread? _thread;
    private volatile bool _groupDue;
    private volatile bool _stopping;

    /// <summary>A log that is not started yet; decisions appended until then wait in memory.</summary>
    /// <exception cref="DecisionLogException">The options have faults.</exception>
    public AdoNetDecisionLog(IOptions<DecisionLogOptions> options, TimeProvider clock, ILogger<AdoNetDecisionLog> logger)
    {
        _options = options.Value;
        _largeGroup = Math.Min(LargestGroup, (_options.QueueLimit + 1) / 2);
        _logger = logger;
        var dialect = SqlDialect.For(_options);
        var sync = _options.Durability == Durability.Sync;
        _losses = new DecisionLosses(_counters, clock, logger);
        var spool = Path.GetFullPath(_options.SpoolPath ?? dialect.DefaultSpool);
        _database = dialect.FilePath is { } database ? new LogFile(database, "the database") : null;
        _spoolFile = new LogFile(spool, "the spool");
        _csv = _options.Csv is { } csv ? new LogFile(Path.GetFullPath(csv), "the CSV file") : null;
        _spool = new DecisionSpool(
            spool, _options.SpoolMaxBytes, flushToDisk: sync, Math.Min(_options.SpoolMaxBytes, _options.QueueLimit * ReservedBytes));
        _queue = new DecisionQueue(_options.QueueLimit, awaited: sync, _spool, _counters);
        _writer = new DecisionCommitter(
            dialect, _options, _queue, _spool, _minutes, _generations, _modelMinutes, _counters, _losses, clock, logger, () => _wake.Set());
        _reader = new DecisionReader(dialect, clock);
        _groupTimer = clock.CreateTimer(_ => CommitSoon(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _minuteTimer = clock.CreateTimer(_ => CommitSoon(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Decisions committed since the start; one that was in the log already does not count.</summary>
    public long Written => _counters.Written;

    /// <summary>Decisions put into the spool since the start.</summary>
    public long Spooled => _counters.Spooled;

    /// <summary>Decisions lost since the start: the database away, and the spool full or away as well.</summary>
    public long Lost => _counters.Lost;

    /// <summary>Decisions in the database that the CSV file could not take.</summary>
    public long CsvMissed => _counters.CsvMissed;

    /// <summary>Minutes lost since the start: the database away, and as many in memory as may wait there.</summary>
    public long MinutesLost => _counters.MinutesLost;

    /// <summary>Decisions not committed yet, in memory or in the spool.</summary>
    public long Pending => InMemory + InSpool;

    /// <summary>Decisions not committed yet that are in memory only.</summary>
    internal long InMemory => _queue.Count;

    /// <summary>Decisions that wait in the spool.</summary>
    internal long InSpool => _spool.Count;

    /// <inheritdoc />
    /// <remarks>While the database is away, Sync completes when the decision is in the spool and the spool is on the disk.</remarks>
    /// <exception cref="DecisionLogException">
    /// The log has stopped; or, under Sync only, the decision is lost: the database is away and the spool full or away as well.
    /// </exception>
    public ValueTask AppendAsync(Decision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentException.ThrowIfNullOrEmpty(decision.Scene);
        ArgumentNullException.ThrowIfNull(decision.Views);
        var safe = _queue.Append(decision, out var place);
        if (place == 0) _losses.Add(1, DecisionQueue.Loss(_spool).Message);
        else if (place == _largeGroup || (place == 1 && _options.Durability == Durability.Sync)) CommitSoon();
        else if (place == 1) _groupTimer.Change(TimeSpan.FromMilliseconds(_options.GroupCommitMs), Timeout.InfiniteTimeSpan);
        return safe;
    }

    /// <inheritdoc />
    public void Append(SceneMinute minute)
    {
        ArgumentNullException.ThrowIfNull(minute);
        ArgumentException.ThrowIfNullOrEmpty(minute.Scene);
        var place = _minutes.Append(minute);
        if (place == 0) _counters.CountMinutesLost(1);
        else if (place == 1) _minuteTimer.Change(TimeSpan.FromMilliseconds(_options.GroupCommitMs), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes what a language model's text cost, without waiting; the log writes it later. One without room is lost.</summary>
    public void Append(GenerationRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var place = _generations.Append(row);
        if (place == 0) _counters.CountLanguageRowsLost(1);
        else if (place == 1) _minuteTimer.Change(TimeSpan.FromMilliseconds(_options.GroupCommitMs), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a language model's minute, without waiting; the log writes it later. One without room is lost.</summary>
    public void Append(ModelMinute minute)
    {
        ArgumentNullException.ThrowIfNull(minute);
        var place = _modelMinutes.Append(minute);
        if (place == 0) _counters.CountLanguageRowsLost(1);
        else if (place == 1) _minuteTimer.Change(TimeSpan.FromMilliseconds(_options.GroupCommitMs), Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc />
    /// <remarks>Without the decisions that wait in the spool because the database takes no writes.</remarks>
    /// <exception cref="DecisionLogException">The database cannot be read.</exception>
    public async Task<SceneHistory> GetHistoryAsync(string scene, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        return await _reader.GetHistoryAsync(scene, cancellationToken);
    }

    /// <inheritdoc />
    /// <remarks>Retries a database that was away. Afterwards, what it did not take is in the spool, as far as there is room.</remarks>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_flushLock)
        {
            if (_ended.Task.IsCompleted) return Task.CompletedTask;
            _flushes.Add(flushed);
        }

        _wake.Set();
        return flushed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Whether the log can be written to: how its last writes went, and whether there is room beside its files now. Writes to the disk,
    /// and may block as long as that does.
    /// </summary>
    internal LogWriting TryWriting()
    {
        if (_ended.Task.IsCompleted)
            return new LogWriting(["the log has ended and takes no decisions: restart the silo"], RefusesDecisions: true);
        var faults = new List<string>();
        var away = _writer.Away;
        if (away is not null)
        {
            // A server's name is no file's path to be left out.
            var reason = _database?.WithoutPath(away) ?? "the database takes no writes, and the silo's console says why";
            faults.Add($"decisions wait in the spool, since {reason}");
        }

        // A refusal is of the last append to the spool: it says nothing any more once the database takes decisions again.
        if ((away is not null || _spool.Count > 0) && _spool.Refusal is { } refusal) faults.Add(_spoolFile.WithoutPath(refusal));
        if (_writer.CsvFault is { } behind) faults.Add($"the CSV file takes no rows, they wait in memory: {_csv!.WithoutPath(behind)}");
        LogFile?[] files = [_database, _spoolFile, _csv];
        faults.AddRange(files.OfType<LogFile>().DistinctBy(file => file.Folder).Select(file => file.Probe()).OfType<string>());
        return new LogWriting(faults, _queue.Refuses);
    }

    /// <summary>Opens database, spool and CSV file, and begins to write.</summary>
    /// <exception cref="DecisionLogException">One of them cannot be used; the message says which, why and what to do.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "jtfa decision log" };
        _thread.Start();
        DecisionLogGauges.Add(this);
        return _opened.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Accepts no more decisions and commits those it has; what the database does not take goes to the spool.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Close(new DecisionLogException("The decision log has stopped and takes no more decisions"));
        _minutes.Close();
        _generations.Close();
        _modelMinutes.Close();
        if (_thread is null) return Task.CompletedTask;
        _stopping = true;
        _wake.Set();
        return _ended.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        DecisionLogGauges.Remove(this);
        await _groupTimer.DisposeAsync();
        await _minuteTimer.DisposeAsync();
        _writer.Dispose();
        _spool.Dispose();
    }

    private void CommitSoon()
    {
        _groupDue = true;
        _wake.Set();
    }

    private void Run()
    {
        try
        {
            _writer.Open();
            _opened.SetResult();
            while (!_stopping)
            {
                StepOnce();
                if (!_stopping) _wake.WaitOne();
            }

            _writer.Finish();
        }
        catch (Exception failure)
        {
            End(failure);
            return;
        }

        End(null);
    }

    private void StepOnce()
    {
        var groupDue = _groupDue;
        _groupDue = false;
        var flushes = TakeFlushes();
        try
        {
            _writer.Step(groupDue, retryNow: flushes.Count > 0);
        }
        finally
        {
            flushes.ForEach(flush => flush.SetResult());
        }
    }

    private List<TaskCompletionSource> TakeFlushes()
    {
        lock (_flushLock)
        {
            var flushes = _flushes;
            _flushes = [];
            return flushes;
        }
    }

    private void End(Exception? failure)
    {
        if (failure is not null && !_opened.TrySetException(failure))
        {
            // This is a defect: the writer survives failures of the database. Appends are refused, since nobody would write them.
            LogBroken(failure, Pending);
            _queue.Close(new DecisionLogException($"The decision log has ended: {failure.Message}", failure));
            _minutes.Close();
            _generations.Close();
            _modelMinutes.Close();
            _writer.GiveUp(failure.Message);
        }

        _ended.SetResult();
        TakeFlushes().ForEach(flush => flush.SetResult());
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The decision log has ended unexpectedly with {Pending} decisions not written")]
    private partial void LogBroken(Exception failure, long pending);
}
