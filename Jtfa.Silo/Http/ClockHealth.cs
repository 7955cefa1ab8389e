using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Http;

/// <summary>
/// Whether the wall clock runs as evenly as the monotonic one. Windows are keyed by it and latencies come from it, so both are wrong around
/// a step: for a minute after one of more than a second the silo is degraded.
/// </summary>
internal sealed class ClockHealth(TimeProvider clock) : IHealthCheck, IHostedService, IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_largestDrift = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly long _start = clock.GetTimestamp();
    private ITimer? _timer;

    // What the wall clock was ahead of the monotonic one, and when that was seen. It is taken anew each minute, since a clock may be
    // slewed: by NTP 0.5 ms a second, 30 ms a minute.
    private (TimeSpan Ahead, TimeSpan At)? _reference;
    private (TimeSpan By, TimeSpan At)? _step;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Look();
        _timer = clock.CreateTimer(_ => Look(), null, s_period, s_period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Look() is { } by ? HealthCheckResult.Degraded(Words(by)) : HealthCheckResult.Healthy());

    public void Dispose() => _timer?.Dispose();

    private static string Words(TimeSpan by) => FormattableString.Invariant(
        $"the wall clock was set {(by > TimeSpan.Zero ? "forward" : "back")} by {by.Duration().TotalSeconds:F1} s in the last minute");

    // The last minute's step, if there was one.
    private TimeSpan? Look()
    {
        lock (_gate)
        {
            var now = clock.GetElapsedTime(_start);
            var ahead = clock.GetUtcNow() - DateTimeOffset.UnixEpoch - now;
            var by = ahead - (_reference?.Ahead ?? ahead);
            if (by.Duration() > s_largestDrift) (_step, _reference) = ((by, now), null);
            if (_reference is not { } reference || now - reference.At >= s_minute) _reference = (ahead, now);
            if (_step is { } step && now - step.At >= s_minute) _step = null;
            return _step?.By;
        }
    }
}
