using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// When OpenTelemetry begins and ends in a host. It is made before the other services, with all that it takes: so nothing is counted before
/// somebody listens, and a span file that cannot be written is told before anything has started. It is stopped after them, so that what
/// they count at their end is sent.
/// </summary>
internal sealed partial class TelemetryHost(
    OtlpSettings settings, MeterProvider metrics, ILogger<TelemetryHost> logger, TracerProvider? traces = null, SpanFile? spans = null)
    : IHostedService, IDisposable
{
    // A collector that does not answer must not use up the time in which a service manager waits for the end.
    private static readonly TimeSpan s_longestFlush = TimeSpan.FromSeconds(5);

    private readonly ExportFaults _faults = new(logger);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.IsConfigured) LogSends();
        return Task.CompletedTask;
    }

    /// <summary>Sends and writes what has not been yet, metrics and traces at the same time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var flush = (int)s_longestFlush.TotalMilliseconds;
        var sent = Task.WhenAll(
            Task.Run(() => metrics.Shutdown(flush), CancellationToken.None),
            Task.Run(() => traces?.Shutdown(flush), CancellationToken.None));
        await sent.WaitAsync(cancellationToken);
        if (spans is not null) await spans.DisposeAsync();
    }

    public void Dispose() => _faults.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "Metrics and traces are sent by OTLP")]
    private partial void LogSends();
}
