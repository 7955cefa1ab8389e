using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Jtfa.Silo.Telemetry;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>What OpenTelemetry tells by events of the runtime.</summary>
[Collection(WholeSilo.Name)]
public sealed class ExportFaultsTests
{
    [Fact]
    public void Errors_of_exporters_are_told_and_counters_of_others_are_not()
    {
        using var log = new CollectedLog();
        using var other = new EventSource("Jtfa-Test-Counters");
        using var exporter = new EventSource("OpenTelemetry-Exporter-Test");
        using var dashboard = new Listener();
        dashboard.EnableEvents(other, EventLevel.LogAlways);
        using var faults = new ExportFaults(log.CreateLogger(""));

        other.Write("EventCounters", new { Name = "cpu-usage" });
        exporter.Write("Not this", new EventSourceOptions { Level = EventLevel.Warning }, new { });
        exporter.Write("Nobody there", new EventSourceOptions { Level = EventLevel.Error }, new { });

        Assert.Equal(["EventCounters"], dashboard.Heard.Where(name => name == "EventCounters"));
        Assert.Equal(["Metrics or traces were not sent: Nobody there"], log.From(LogLevel.Trace));
    }

    private sealed class Listener : EventListener
    {
        public ConcurrentQueue<string?> Heard { get; } = new();

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Heard.Enqueue(eventData.EventName);
    }
}
