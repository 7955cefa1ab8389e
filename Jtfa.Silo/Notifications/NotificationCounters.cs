using System.Diagnostics.Metrics;
using Jtfa.Interfaces;
using Jtfa.Silo.Telemetry;

namespace Jtfa.Silo.Notifications;

/// <summary>What became of decisions that were to be told outside. Each count is a metric as well.</summary>
internal sealed class NotificationCounters : IDisposable
{
    private static readonly Counter<long> s_sent = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.notify.sent", "{decision}", "Decisions told outside, by mqtt or webhook");
    private static readonly Counter<long> s_dropped = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.notify.dropped", "{decision}", "Decisions not told: whoever is told was away or slow, or did not take them");
    private static readonly Counter<long> s_failures = JtfaNames.Meter.CreateCounter<long>(
        "jtfa.notify.failures", "{failure}", "Attempts to connect or to tell that failed");
    private static readonly GaugeSources<NotificationCounters> s_all = new();

    private readonly KeyValuePair<string, object?> _by;
    private long _sent;
    private long _dropped;
    private long _failures;

    static NotificationCounters() => JtfaNames.Meter.CreateObservableUpDownCounter(
        "jtfa.notify.pending", Pending, "{decision}", "Decisions that wait to be told outside");

    public NotificationCounters(string by)
    {
        _by = new("by", by);
        // The metrics exist from the start, at 0, so that whoever computes differences sees the first increments too.
        foreach (var counter in new[] { s_sent, s_dropped, s_failures }) counter.Add(0, _by);
        s_all.Add(this);
    }

    public long Sent => Interlocked.Read(ref _sent);

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Whose waiting decisions the gauge shows.</summary>
    public NotificationQueue? Queue { get; set; }

    public void CountSent() => Count(ref _sent, s_sent);

    public void CountDropped() => Count(ref _dropped, s_dropped);

    public void CountFailure() => Count(ref _failures, s_failures);

    public void Dispose() => s_all.Remove(this);

    private void Count(ref long total, Counter<long> metric)
    {
        Interlocked.Increment(ref total);
        metric.Add(1, _by);
    }

    private static IEnumerable<Measurement<long>> Pending() =>
        s_all.All.GroupBy(counters => counters._by.Value).Select(
            group => new Measurement<long>(group.Sum(counters => counters.Queue?.Count ?? 0), group.First()._by));
}
