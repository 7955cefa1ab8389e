using System.Diagnostics.Metrics;
using Jtfa.Interfaces;
using Jtfa.Silo.Telemetry;

namespace Jtfa.Silo.Decisions;

/// <summary>What waits in this process' decision logs.</summary>
internal static class DecisionLogGauges
{
    private static readonly GaugeSources<AdoNetDecisionLog> s_logs = new();
    private static readonly KeyValuePair<string, object?> s_memory = new("place", "memory");
    private static readonly KeyValuePair<string, object?> s_spool = new("place", "spool");

    /// <summary>Makes the gauge; it is read from logs from <see cref="Add"/> to <see cref="Remove"/>.</summary>
    static DecisionLogGauges() => JtfaNames.Meter.CreateObservableUpDownCounter(
        "jtfa.log.pending", Pending, "{decision}", "Decisions not committed yet, by place: in memory, or in the spool");

    public static void Add(AdoNetDecisionLog log) => s_logs.Add(log);

    public static void Remove(AdoNetDecisionLog log) => s_logs.Remove(log);

    private static IEnumerable<Measurement<long>> Pending()
    {
        var logs = s_logs.All;
        return [new(logs.Sum(log => log.InMemory), s_memory), new(logs.Sum(log => log.InSpool), s_spool)];
    }
}
