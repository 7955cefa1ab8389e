using System.Reflection;
using Jtfa.Interfaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// OpenTelemetry's life in a host. Made before the other services are, so that nothing is counted before somebody listens; stopped after
/// them, so that what they count at their end is sent.
/// </summary>
internal sealed partial class TelemetryHost : IHostedService, IDisposable
{
    // Ours, .NET's, the web server's, the grain engine's.
    private static readonly string[] s_meters =
        [JtfaNames.Meter.Name, "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Orleans"];

    // A collector that does not answer must not use up the time in which a service manager waits for the end.
    private static readonly TimeSpan s_longestFlush = TimeSpan.FromSeconds(5);

    private readonly OtlpSettings _settings;
    private readonly SpanFile? _spans;
    private readonly OpenTelemetrySdk _sdk;
    private readonly ExportFaults? _faults;
    private readonly ILogger _logger;

    public TelemetryHost(TelemetryOptions options, IConfiguration configuration, MetricsScrape scrape, ILoggerFactory loggers)
    {
        _settings = new OtlpSettings(options, configuration);
        _logger = loggers.CreateLogger<TelemetryHost>();
        if (options.SpanFile is { } path) _spans = new SpanFile(path, TimeProvider.System, loggers.CreateLogger<SpanFile>());
        if (_settings.IsConfigured) _faults = new ExportFaults(_logger);
        _sdk = OpenTelemetrySdk.Create(telemetry => Configure(telemetry, scrape));
    }

    /// <summary>Opens the span file.</summary>
    /// <exception cref="InvalidDataException">It cannot be written.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _spans?.Open();
        if (_settings.IsConfigured) LogSends();
        return Task.CompletedTask;
    }

    /// <summary>Sends and writes what has not been yet.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var flush = (int)s_longestFlush.TotalMilliseconds;
        var metrics = Task.Run(() => _sdk.MeterProvider.Shutdown(flush), CancellationToken.None);
        var traces = Task.Run(() => _sdk.TracerProvider.Shutdown(flush), CancellationToken.None);
        await Task.WhenAll(metrics, traces).WaitAsync(cancellationToken);
        if (_spans is not null) await _spans.DisposeAsync();
    }

    public void Dispose()
    {
        _sdk.Dispose();
        _faults?.Dispose();
    }

    private static void Describe(ResourceBuilder resource)
    {
        var version = typeof(TelemetryHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var instance = FormattableString.Invariant($"{Environment.MachineName}:{Environment.ProcessId}");

        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last and win.
        resource.AddService("jtfa", serviceVersion: version, autoGenerateServiceInstanceId: false, serviceInstanceId: instance)
            .AddEnvironmentVariableDetector();
    }

    private void Configure(IOpenTelemetryBuilder telemetry, MetricsScrape scrape)
    {
        telemetry.Services.AddSingleton(_settings.Configuration);
        telemetry.ConfigureResource(Describe);
        telemetry.WithMetrics(metrics => metrics.AddMeter(s_meters).AddReader(_ => scrape.CreateReader()));
        if (_settings.IsConfigured || _spans is not null) telemetry.WithTracing(Configure);
        if (_settings.IsConfigured) telemetry.UseOtlpExporter();
    }

    private void Configure(TracerProviderBuilder traces)
    {
        traces.AddSource(JtfaNames.Spans.Name);
        if (_settings.TraceRatio is { } ratio) traces.SetSampler(new ParentBasedSampler(new SpanSampler(ratio)));
        if (_spans is not null) traces.AddProcessor(_spans);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Metrics and traces are sent by OTLP")]
    private partial void LogSends();
}
