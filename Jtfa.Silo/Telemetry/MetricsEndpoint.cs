using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Telemetry;

/// <summary>Serves metrics in Prometheus' text format.</summary>
public static class MetricsEndpoint
{
    /// <summary>Where they are.</summary>
    public const string Path = "/metrics";

    /// <summary>Maps GET <see cref="Path"/>. The host needs <see cref="TelemetryServices.AddJtfaTelemetry"/>.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet(Path, (RequestDelegate)ServeAsync).DisableHttpMetrics();

    private static async Task ServeAsync(HttpContext context)
    {
        var scrape = context.RequestServices.GetRequiredService<MetricsScrape>();
        var cancellationToken = context.RequestAborted;
        using var turn = scrape.TryBegin();
        if (turn is null || await turn.CollectAsync(cancellationToken) is not { } text)
        {
            // Too many at once, or the silo has not started or is at its end: Prometheus asks again.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.Body.WriteAsync(text, cancellationToken);
    }
}
