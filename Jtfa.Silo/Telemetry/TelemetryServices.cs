using System.Reflection;
using Jtfa.Interfaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Jtfa.Silo.Telemetry;

/// <summary>Gives a host its metrics and traces.</summary>
public static class TelemetryServices
{
    // A scrape waits until the client before it has read its text: a client that does not read must not hold up others for long.
    private const int LongestScrapeMilliseconds = 5_000;

    /// <summary>
    /// Adds OpenTelemetry for the meters of JTFA, .NET, ASP.NET Core and Orleans: to be scraped by Prometheus where the host serves HTTP,
    /// and sent by OTLP where that is configured. Call it before any other service is added: services start in order and stop in reverse.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="options">Without faults.</param>
    public static void AddJtfaTelemetry(this IHostApplicationBuilder builder, TelemetryOptions options)
    {
        var otlp = new OtlpSettings(options, builder.Configuration);
        builder.Configuration.AddInMemoryCollection(otlp.Own);
        var services = builder.Services;
        services.AddSingleton(otlp);
        if (options.SpanFile is { } path)
            services.AddSingleton(provider => new SpanFile(path, TimeProvider.System, provider.GetRequiredService<ILogger<SpanFile>>()));
        services.AddHostedService<TelemetryHost>();

        var scenes = builder.Configuration.GetSection("Jtfa:Scenes").GetChildren().Count();
        var telemetry = services.AddOpenTelemetry().ConfigureResource(Describe).WithMetrics(metrics => metrics
            .AddMeter(
                JtfaNames.Meter.Name, MetricViews.Runtime, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
                MetricViews.Orleans, MetricViews.Language)
            .AddView(instrument => MetricViews.For(instrument, scenes))
            .AddPrometheusExporter(Configure));
        if (otlp.IsConfigured || options.SpanFile is not null) telemetry.WithTracing(traces => Configure(traces, otlp, options));
        if (!otlp.IsConfigured) return;
        telemetry.UseOtlpExporter();

        // It would send the log too, which nobody asked for.
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(null, LogLevel.None);
    }

    private static void Describe(ResourceBuilder resource)
    {
        var version = typeof(TelemetryHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var instance = FormattableString.Invariant($"{Environment.MachineName}:{Environment.ProcessId}");

        // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last and win.
        resource.AddService("jtfa", serviceVersion: version, autoGenerateServiceInstanceId: false, serviceInstanceId: instance)
            .AddEnvironmentVariableDetector();
    }

    private static void Configure(PrometheusAspNetCoreOptions prometheus)
    {
        prometheus.ScopeInfoEnabled = false;
        prometheus.ScrapeResponseCacheDurationMilliseconds = 0;
        prometheus.ScrapeResponseTimeoutMilliseconds = LongestScrapeMilliseconds;
    }

    private static void Configure(TracerProviderBuilder traces, OtlpSettings otlp, TelemetryOptions options)
    {
        traces.AddSource(JtfaNames.Spans.Name);
        if (otlp.TraceRatio is { } ratio) traces.SetSampler(new ParentBasedSampler(new SpanSampler(ratio)));
        if (options.SpanFile is not null) traces.AddProcessor(provider => provider.GetRequiredService<SpanFile>());
    }
}
