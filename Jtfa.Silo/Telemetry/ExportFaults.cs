using System.Diagnostics.Tracing;
using System.Globalization;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// Logs what keeps OpenTelemetry from sending, or from answering a scrape: OpenTelemetry reports that only as events of the runtime.
/// </summary>
internal sealed partial class ExportFaults : EventListener
{
    private const string Sources = "OpenTelemetry-Exporter-";

    // Null until this constructor runs: the base's constructor reports sources before that.
    private readonly ILogger? _logger;

    public ExportFaults(ILogger logger) => _logger = logger;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (IsExporter(eventSource)) EnableEvents(eventSource, EventLevel.Error);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // Every listener also gets the counters that another one has asked for, as Orleans' dashboard does.
        if (!IsExporter(eventData.EventSource)) return;
        var says = string.Format(
            CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? "", [.. eventData.Payload ?? []]);
        if (_logger is { } logger) LogFault(logger, Secrets.Mask(says.ReplaceLineEndings(" ")));
    }

    private static bool IsExporter(EventSource source) => source.Name.StartsWith(Sources, StringComparison.Ordinal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metrics or traces were not sent: {Fault}")]
    private static partial void LogFault(ILogger logger, string fault);
}
