using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// Which of .NET's and Orleans' metrics are exported: only those with which Prometheus' check (<c>promtool check metrics</c>) finds no
/// fault.
/// </summary>
internal static class MetricViews
{
    /// <summary>Orleans' meter.</summary>
    public const string Orleans = "Microsoft.Orleans";

    /// <summary>The meter of language models.</summary>
    public const string Language = "Jtfa.Language";

    /// <summary>The meter of .NET's runtime.</summary>
    public const string Runtime = "System.Runtime";

    // Most of Orleans' labels are in camel case, which does not pass the check: its counters are summed over them.
    private static readonly string[] s_orleansLabels = ["grain_type"];

    // Orleans describes none of its metrics. Of those whose names pass, these tell an operator what JTFA's own do not.
    private static readonly FrozenDictionary<string, string> s_orleans = new Dictionary<string, string>
    {
        ["orleans-catalog-activations"] = "Activations that there are",
        ["orleans-catalog-activation-created"] = "Activations made",
        ["orleans-catalog-activation-destroyed"] = "Activations gone",
        ["orleans-catalog-activation-failed-to-activate"] = "Activations that failed before they took a call",
        ["orleans-app-requests-timedout"] = "Calls that were not answered in time",
        ["orleans-scheduler-long-running-turns"] = "Turns of grains that took longer than 2 s",
        ["orleans-messaging-sent-local"] = "Messages within the silo",
        ["orleans-messaging-sent-failed"] = "Messages that could not be sent",
        ["orleans-messaging-sent-dropped"] = "Messages given up before they were sent",
        ["orleans-messaging-rejected"] = "Messages that a silo refused",
        ["orleans-messaging-expired"] = "Messages that came too late to be of use",
        ["orleans-messaging-pings-reply-missed"] = "Probes of other silos that were not answered",
        ["orleans-gateway-connected-clients"] = "Clients of the cluster that are connected",
        ["orleans-storage-read-errors"] = "Reads of grains' state that failed",
        ["orleans-storage-write-errors"] = "Writes of grains' state that failed",
        ["orleans-watchdog-health-checks-failed"] = "Health checks of Orleans' parts that failed",
    }.ToFrozenDictionary();

    // The check rejects gauges whose names end like a histogram's count.
    private static readonly FrozenSet<string> s_misnamed = ["dotnet.assembly.count", "dotnet.process.cpu.count", "dotnet.timer.count"];

    // A metric reserves memory for this many series when it is made: by default for 2,000, which take 144 kB.
    private const int OthersSeries = 200;
    private const int SeriesOfAScene = 4;

    /// <summary>How an instrument is exported.</summary>
    /// <param name="instrument">The instrument.</param>
    /// <param name="scenes">Scenes of this silo, whose names are labels of JTFA's own metrics.</param>
    public static MetricStreamConfiguration For(Instrument instrument, int scenes) => instrument.Meter.Name switch
    {
        Orleans => s_orleans.TryGetValue(instrument.Name, out var description)
            ? new() { Description = description, TagKeys = s_orleansLabels, CardinalityLimit = OthersSeries }
            : MetricStreamConfiguration.Drop,
        Runtime when s_misnamed.Contains(instrument.Name) => MetricStreamConfiguration.Drop,
        _ => new() { CardinalityLimit = OthersSeries + (SeriesOfAScene * scenes) },
    };
}
