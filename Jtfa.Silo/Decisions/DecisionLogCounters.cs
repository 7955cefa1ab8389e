using System.Diagnostics.Metrics;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>What became of the decisions, since the log was started. Each count is a metric as well.</summary>
internal sealed class DecisionLogCounters
{
    private static readonly Counter<long> s_written = JtfaNames.Meter.CreateCounter<long>("jtfa.log.written", description: "Decisions committed to the database");
    private static readonly Counter<long> s_spooled = JtfaNames.Meter.CreateCounter<long>("jtfa.log.spooled", description: "Decisions put into the spool");
    private static readonly Counter<long> s_lost = JtfaNames.Meter.CreateCounter<long>("jtfa.log.lost", description: "Decisions lost: database away, spool full or away");
    private static readonly Counter<long> s_csvMissed = JtfaNames.Meter.CreateCounter<long>("jtfa.log.csv_missed", description: "Committed decisions that the CSV file did not take");
    private static readonly Histogram<double> s_commit = JtfaNames.Meter.CreateHistogram<double>("jtfa.log.commit", "s", "Time to write and commit a group");

    private long _written;
    private long _spooled;
    private long _lost;
    private long _csvMissed;

    public long Written => Interlocked.Read(ref _written);

    public long Spooled => Interlocked.Read(ref _spooled);

    public long Lost => Interlocked.Read(ref _lost);

    public long CsvMissed => Interlocked.Read(ref _csvMissed);

    public void CountCommit(int inserted, TimeSpan duration)
    {
        s_commit.Record(duration.TotalSeconds);
        Count(ref _written, s_written, inserted);
    }

    public void CountSpooled(long decisions) => Count(ref _spooled, s_spooled, decisions);

    public void CountLost(long decisions) => Count(ref _lost, s_lost, decisions);

    public void CountCsvMissed(long decisions) => Count(ref _csvMissed, s_csvMissed, decisions);

    private static void Count(ref long total, Counter<long> metric, long decisions)
    {
        if (decisions == 0)
            return;
        Interlocked.Add(ref total, decisions);
        metric.Add(decisions);
    }
}
