using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Telemetry;

/// <summary>Gives a host its metrics and traces.</summary>
public static class TelemetryServices
{
    /// <summary>
    /// Adds OpenTelemetry for the meters of JTFA, .NET, ASP.NET Core and Orleans: to be scraped (<see cref="MetricsEndpoint"/>), and sent
    /// by OTLP where that is configured. Call it before any other service is added: services start in order and stop in reverse.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="options">Without faults.</param>
    public static void AddJtfaTelemetry(this IHostApplicationBuilder builder, TelemetryOptions options)
    {
        builder.Services.AddSingleton(options);
        builder.Services.TryAddSingleton<MetricsScrape>();
        builder.Services.AddHostedService<TelemetryHost>();
    }
}
