using System.Diagnostics.Metrics;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>What became of the decisions and the minutes, since the log was started. Each count is a metric as well.</summary>
internal sealed class DecisionLogCounters
{
    private static readonly Counter<long> s_written = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.log.written", "{decision}", "Decisions committed to the database");
    private static readonly Counter<long> s_spooled = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.log.spooled", "{decision}", "Decisions put into the spool");
    private static readonly Counter<long> s_lost = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.log.lost", "{decision}", "Decisions lost: database away, spool full or away");
    private static readonly Counter<long> s_csvMissed = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.log.csv_missed", "{decision}", "Committed decisions that the CSV file did not take");
    private static readonly Counter<long> s_historyLost = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.log.history_lost", "{row}", "Minutes of scenes and models and texts' rows lost: database away, too many waiting in memory");
    private static readonly Histogram<double> s_commit = JtfaNames.Meter.CreateHistogram(
        "jtfa.log.commit", "s", "Time to write and commit a group", tags: null, JtfaNames.Latencies);

    private long _written;
    private long _spooled;
    private long _lost;
    private long _csvMissed;
    private long _minutesLost;
    private long _languageRowsLost;

    public DecisionLogCounters()
    {
        // The metrics exist from the start, at 0, so that whoever computes differences sees the first increments too.
        foreach (var counter in new[] { s_written, s_spooled, s_lost, s_csvMissed, s_historyLost }) counter.Add(0);
    }

    public long Written => Interlocked.Read(ref _written);

    public long Spooled => Interlocked.Read(ref _spooled);

    public long Lost => Interlocked.Read(ref _lost);

    public long CsvMissed => Interlocked.Read(ref _csvMissed);

    public long MinutesLost => Interlocked.Read(ref _minutesLost);

    public long LanguageRowsLost => Interlocked.Read(ref _languageRowsLost);

    public void CountCommit(int inserted, TimeSpan duration)
    {
        s_commit.Record(duration.TotalSeconds);
        Count(ref _written, s_written, inserted);
    }

    public void CountSpooled(long decisions) => Count(ref _spooled, s_spooled, decisions);

    public void CountLost(long decisions) => Count(ref _lost, s_lost, decisions);

    public void CountCsvMissed(long decisions) => Count(ref _csvMissed, s_csvMissed, decisions);

    public void CountMinutesLost(long minutes) => Count(ref _minutesLost, s_historyLost, minutes);

    public void CountLanguageRowsLost(long rows) => Count(ref _languageRowsLost, s_historyLost, rows);

    private static void Count(ref long total, Counter<long> metric, long count)
    {
        if (count == 0) return;
        Interlocked.Add(ref total, count);
        metric.Add(count);
    }
}
