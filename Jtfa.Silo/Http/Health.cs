using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Language;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Http;

/// <summary>
/// <c>/healthz</c>: the process answers. <c>/readyz</c>: its scenes answer, its language models could be loaded, its log can be read and
/// written, its clock runs evenly, and it is not about to stop. Degraded (200): it decides and answers, and somebody should look. Unhealthy
/// (503): it does not. Both are open to everybody, so no reason names a place.
/// </summary>
internal static class Health
{
    /// <summary>Adds the checks.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="fuses">Whether the silo has scenes.</param>
    public static void AddSilosHealth(this IServiceCollection services, bool fuses)
    {
        services.AddSingleton<ModelHealth>();
        services.AddSingleton<LogHealth>();
        services.AddSingleton<WritingHealth>();
        services.AddSingleton<ClockHealth>();
        var checks = services.AddHealthChecks();
        if (fuses)
        {
            services.AddSingleton<SceneHealth>();
            checks.AddCheck<SceneHealth>("scenes");
        }

        checks.AddCheck<ModelHealth>("models").AddCheck<LogHealth>("log").AddCheck<WritingHealth>("writing")
            .AddCheck<ClockHealth>("clock");
    }

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false });
        routes.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = WriteAsync });
    }

    // The status in one line, then a line for each check that is not healthy.
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        var faults = report.Entries.Where(entry => entry.Value.Status != HealthStatus.Healthy)
            .Select(entry => $"{entry.Key}: {entry.Value.Description}\n");
        return context.Response.WriteAsync($"{report.Status}\n{string.Concat(faults)}", context.RequestAborted);
    }
}

/// <summary>A look that many ask for: it is taken once a second at most, and never while an earlier one is under way.</summary>
internal sealed class SharedLook<TSeen>(Func<Task<TSeen>> take, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<TSeen>? _look;
    private long _takenAt;

    /// <summary>Completes as the look did or does.</summary>
    /// <exception cref="TimeoutException">It takes longer than 2 s.</exception>
    public Task<TSeen> AskAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_look is null || (_look.IsCompleted && clock.GetElapsedTime(_takenAt) > s_fresh))
                (_look, _takenAt) = (take(), clock.GetTimestamp());
            return _look.WaitAsync(s_patience, clock, cancellationToken);
        }
    }
}

/// <summary>Whether every scene answers.</summary>
internal sealed class SceneHealth(
    IGrainFactory grains, SceneCatalog scenes, IHostApplicationLifetime lifetime, TimeProvider clock) : IHealthCheck
{
    private readonly SharedLook<SceneRouting[]> _look = new(
        () => Task.WhenAll(scenes.Names.Select(name => grains.GetGrain<ISceneGrain>(name).GetRoutingAsync())), clock);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return HealthCheckResult.Unhealthy("the silo stops");
        try
        {
            await _look.AskAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (GrainCalls.IsAway(exception) || exception is DecisionLogException)
        {
            return HealthCheckResult.Unhealthy("a scene does not answer");
        }
    }
}

/// <summary>Whether the language models of this silo could be loaded, those that were tried.</summary>
internal sealed class ModelHealth(LanguageModels models, IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return Task.FromResult(HealthCheckResult.Unhealthy("the silo stops"));
        var failed = models.Names.Where(name => models.StatusOf(name) is { State: ModelState.Failed }).ToList();
        return Task.FromResult(failed.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded($"{string.Join(", ", failed)} could not be loaded; GET /v1/models says why"));
    }
}

/// <summary>Whether the log's database can be read. Without it decisions go on, and wait in the spool: degraded, but ready.</summary>
internal sealed class LogHealth(DecisionReader log, TimeProvider clock) : IHealthCheck
{
    private readonly SharedLook<IReadOnlyList<Decision>> _look = new(() => log.LastAsync(0, scene: null, CancellationToken.None), clock);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await _look.AskAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is TimeoutException or DecisionLogException)
        {
            return HealthCheckResult.Degraded("its database cannot be read; decisions wait in the spool");
        }
    }
}

/// <summary>
/// Whether what is decided can be kept: the log's last writes, and room for more. While decisions wait somewhere: degraded. Where the log
/// refuses them scenes publish nothing: unhealthy.
/// </summary>
internal sealed class WritingHealth(AdoNetDecisionLog log, TimeProvider clock) : IHealthCheck
{
    // A disk that hangs blocks its thread: the look's, and not a request's.
    private readonly SharedLook<LogWriting> _look = new(() => Task.Run(log.TryWriting), clock);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var writing = await _look.AskAsync(cancellationToken);
            if (writing.Faults.Count == 0) return HealthCheckResult.Healthy();
            var faults = string.Join("; ", writing.Faults);
            return writing.RefusesDecisions ? HealthCheckResult.Unhealthy(faults) : HealthCheckResult.Degraded(faults);
        }
        catch (TimeoutException)
        {
            return HealthCheckResult.Degraded("the log's disk takes longer than 2 s for 64 KiB");
        }
    }
}
