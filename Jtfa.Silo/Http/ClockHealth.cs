using Jtfa.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Jtfa.Silo.Http;

/// <summary>
/// Whether the wall clock was set within the last minute. Windows are keyed by it and latencies come from it, so both are wrong around a
/// step: until then the silo is degraded.
/// </summary>
internal sealed class ClockHealth(WallClock wall) : IHealthCheck
{
    private const double Minute = 60;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        wall.Now();
        var by = wall.SetSince(wall.Elapsed - Minute);
        return Task.FromResult(by == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(Words(by)));
    }

    private static string Words(double by) => FormattableString.Invariant(
        $"the wall clock was set {(by > 0 ? "forward" : "back")} by {Math.Abs(by):F1} s in the last minute");
}
