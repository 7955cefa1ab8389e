using System.Diagnostics;
using Jtfa.Client;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;

namespace Jtfa.Cli.Demo;

/// <summary>Looks at a running demo: the scene's statistics, its cameras, the gateway's counters.</summary>
internal sealed class DemoWatch(JtfaClient client, string scene, IReadOnlyList<string> cameras, IngressCounters counters)
{
    private readonly Stopwatch _running = Stopwatch.StartNew();
    private long _lastDecisions;
    private double _lastLook;
    private double _rate;

    /// <summary>How things stand now; rates are over the time since the last look.</summary>
    public async Task<DemoState> LookAsync(CancellationToken cancellationToken)
    {
        var statistics = await client.GetStatisticsAsync(scene, cancellationToken);
        var statuses = new List<(string, CameraStatus)>();
        foreach (var camera in cameras) statuses.Add((camera, await client.GetCameraAsync(scene, camera, cancellationToken)));
        var recent = await client.GetRecentAsync(scene, 1, cancellationToken);
        var now = _running.Elapsed.TotalSeconds;
        if (now - _lastLook > 0.9)
        {
            _rate = (statistics.Decisions - _lastDecisions) / (now - _lastLook);
            (_lastDecisions, _lastLook) = (statistics.Decisions, now);
        }

        return new DemoState(now, _rate, statistics, statuses, recent.LastOrDefault());
    }

    /// <summary>The whole run in figures.</summary>
    public async Task<DemoSummary> SummariseAsync(string database, string csv)
    {
        var state = await LookAsync(CancellationToken.None);
        var (statistics, latency) = (state.Statistics, state.Statistics.Latency);
        return new DemoSummary(
            state.Seconds, statistics.Decisions, statistics.Decisions / state.Seconds, statistics.ByK, statistics.ByT, statistics.FillRatio,
            latency.P50 * 1000, latency.P90 * 1000, latency.P99 * 1000, latency.Spread * 1000, latency.TailFactor, statistics.Accuracy,
            state.Cameras.ToDictionary(camera => camera.Camera, camera => Kbps(camera.Status, state.Seconds)),
            counters.Received, counters.Rejected, counters.KernelDrops, statistics.Late, statistics.Duplicates,
            state.Cameras.Sum(camera => camera.Status.Missed), database, csv);
    }

    /// <summary>UDP payload of a camera, kilobits a second.</summary>
    public static double Kbps(CameraStatus status, double seconds) => status.Bytes * 8 / 1000.0 / seconds;
}

/// <summary>How a demo stands.</summary>
internal sealed record DemoState(
    double Seconds, double DecisionsPerSecond, SceneStatistics Statistics, IReadOnlyList<(string Camera, CameraStatus Status)> Cameras, Decision? Last);

/// <summary>A demo run in figures; latencies in milliseconds.</summary>
internal sealed record DemoSummary(
    double Seconds, long Decisions, double DecisionsPerSecond, long ByK, long ByT, double FillRatio,
    double P50Ms, double P90Ms, double P99Ms, double SpreadMs, double TailFactor, double Accuracy,
    IReadOnlyDictionary<string, double> KbpsPerView,
    long Received, long Rejected, long KernelDrops, long Late, long Duplicates, long MissedTicks, string Database, string Csv);
