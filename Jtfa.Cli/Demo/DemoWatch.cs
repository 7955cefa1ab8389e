using System.Diagnostics;
using Jtfa.Client;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;

namespace Jtfa.Cli.Demo;

/// <summary>
/// Looks at a running demo: its decisions, as they are published, its cameras and the gateway's counters. The latencies of a state are of
/// the last ten seconds; those of the summary leave out the <see cref="WarmUp"/>, in which the runtime compiles what it runs for the first
/// time.
/// </summary>
internal sealed class DemoWatch(ClusterJtfaClient client, string scene, IReadOnlyList<string> cameras, IngressCounters counters)
{
    /// <summary>The time at the beginning that latencies leave out.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private static readonly SnapshotSpan s_look = new(1, 0, 1);

    private readonly Stopwatch _running = Stopwatch.StartNew();
    private readonly PercentileSketch _latency = new();
    private readonly Lock _gate = new();
    private long _lastDecisions;
    private double _lastLook;
    private double _rate;

    /// <summary>Takes decisions until it is cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var decision in client.FollowAsync(scene, cancellationToken: cancellationToken))
            {
                if (_running.Elapsed < WarmUp) continue;
                lock (_gate) _latency.Add(decision.LatMean);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The demo ends.
        }
    }

    /// <summary>How things stand now; rates are over the time since the last look.</summary>
    public async Task<DemoState> LookAsync(CancellationToken cancellationToken)
    {
        var snapshot = await client.GetSnapshotAsync(scene, s_look, cancellationToken);
        var statistics = snapshot.Statistics;
        var statuses = new List<(string, CameraStatus)>();
        foreach (var camera in cameras) statuses.Add((camera, await client.GetCameraAsync(scene, camera, cancellationToken)));
        var now = _running.Elapsed.TotalSeconds;
        if (now - _lastLook > 0.9)
        {
            _rate = (statistics.Decisions - _lastDecisions) / (now - _lastLook);
            (_lastDecisions, _lastLook) = (statistics.Decisions, now);
        }

        var latency = snapshot.Seconds is [.., var last] ? last.Latency : new LatencySummary();
        return new DemoState(now, _rate, statistics, latency, statuses, snapshot.Decisions.LastOrDefault());
    }

    /// <summary>The whole run in figures.</summary>
    /// <param name="state">The state before the cameras were stopped, because a stopped camera has no figures.</param>
    /// <param name="database">The decision log.</param>
    /// <param name="csv">Its CSV.</param>
    public async Task<DemoSummary> SummariseAsync(DemoState state, string database, string csv)
    {
        var statistics = await client.GetStatisticsAsync(scene);
        var latency = Latency();
        return new DemoSummary(
            state.Seconds, statistics.Decisions, statistics.Decisions / state.Seconds, statistics.ByK, statistics.ByT, statistics.FillRatio,
            latency.P50 * 1000, latency.P90 * 1000, latency.P99 * 1000, latency.Spread * 1000, latency.TailFactor, Accuracy(statistics),
            state.Cameras.ToDictionary(camera => camera.Camera, camera => Kbps(camera.Status, state.Seconds)),
            counters.Received, counters.Rejected, counters.KernelDrops, statistics.Late, statistics.Duplicates,
            state.Cameras.Sum(camera => camera.Status.Missed), database, csv);
    }

    /// <summary>Accuracy of this run alone; NaN before its first decision. The scene's own goes on from runs before.</summary>
    public static double Accuracy(SceneStatistics statistics) =>
        statistics.Labelled > 0 ? (double)statistics.Correct / statistics.Labelled : double.NaN;

    private LatencySummary Latency()
    {
        lock (_gate) return LatencySummary.FromSketch(_latency);
    }

    /// <summary>UDP payload of a camera, kilobits a second.</summary>
    public static double Kbps(CameraStatus status, double seconds) => status.Bytes * 8 / 1000.0 / seconds;
}

/// <summary>The state of a running demo.</summary>
internal sealed record DemoState(
    double Seconds, double DecisionsPerSecond, SceneStatistics Statistics, LatencySummary Latency,
    IReadOnlyList<(string Camera, CameraStatus Status)> Cameras, Decision? Last);

/// <summary>A demo run in figures; latencies in milliseconds.</summary>
internal sealed record DemoSummary(
    double Seconds, long Decisions, double DecisionsPerSecond, long ByK, long ByT, double FillRatio,
    double P50Ms, double P90Ms, double P99Ms, double SpreadMs, double TailFactor, double Accuracy,
    IReadOnlyDictionary<string, double> KbpsPerView,
    long Received, long Rejected, long KernelDrops, long Late, long Duplicates, long MissedTicks, string Database, string Csv);
