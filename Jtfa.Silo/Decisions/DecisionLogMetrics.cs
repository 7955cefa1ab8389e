using System.Diagnostics.Metrics;

namespace Jtfa.Silo.Decisions;

/// <summary>The log's counters, each once as a metric (meter <c>Jtfa</c>) and once to be read.</summary>
internal sealed class DecisionLogMetrics
{
    private readonly Counter<long> _writtenMetric;
    private readonly Counter<long> _spooledMetric;
    private readonly Counter<long> _lostMetric;
    private readonly Counter<long> _csvMissedMetric;
    private readonly Histogram<double> _commit;
    private long _written;
    private long _spooled;
    private long _lost;
    private long _csvMissed;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="pending">Reads how many decisions are under way.</param>
    public DecisionLogMetrics(IMeterFactory meters, Func<long> pending)
    {
        var meter = meters.Create("Jtfa");
        _writtenMetric = meter.CreateCounter<long>("jtfa.log.written", "{decision}", "Decisions committed to the database.");
        _spooledMetric = meter.CreateCounter<long>("jtfa.log.spooled", "{decision}", "Decisions put into the spool.");
        _lostMetric = meter.CreateCounter<long>("jtfa.log.lost", "{decision}", "Decisions lost: the database away and the spool full or away.");
        _csvMissedMetric = meter.CreateCounter<long>("jtfa.log.csv_missed", "{decision}", "Decisions committed that the CSV file could not take.");
        _commit = meter.CreateHistogram<double>("jtfa.log.commit", "s", "Time to write and commit a group.");
        meter.CreateObservableGauge("jtfa.log.pending", pending, "{decision}", "Decisions in memory or in the spool, not yet committed.");
    }

    public long Written => Interlocked.Read(ref _written);

    public long Spooled => Interlocked.Read(ref _spooled);

    public long Lost => Interlocked.Read(ref _lost);

    public long CsvMissed => Interlocked.Read(ref _csvMissed);

    public void AddCommit(int inserted, TimeSpan duration)
    {
        _commit.Record(duration.TotalSeconds);
        Add(ref _written, _writtenMetric, inserted);
    }

    public void AddSpooled(int count) => Add(ref _spooled, _spooledMetric, count);

    public void AddLost(int count) => Add(ref _lost, _lostMetric, count);

    public void AddCsvMissed(int count) => Add(ref _csvMissed, _csvMissedMetric, count);

    private static void Add(ref long total, Counter<long> metric, int count)
    {
        if (count == 0)
            return;
        Interlocked.Add(ref total, count);
        metric.Add(count);
    }
}
