using System.Diagnostics.Metrics;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Jtfa.Grains;

/// <summary>
/// Puts a scene's decisions in order: counts each once, appends it to the log, then publishes it. Reports interleave, so that
/// with a synchronous log a whole group waits for one commit; the log completes them in order, and so they are published in order.
/// </summary>
public sealed partial class SceneGrain(
    [PersistentState("scene", JtfaNames.Storage)] IPersistentState<SceneState> state,
    SceneCatalog scenes,
    IDecisionLog log,
    TimeProvider clock,
    ILogger<SceneGrain> logger) : Grain, ISceneGrain
{
    /// <summary>
    /// How far ahead a change of policy is announced: gateways ask for the routing every 250 ms
    /// (<see cref="SceneRouting"/>), so each has asked twice by then.
    /// </summary>
    public static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(600);

    private static readonly Counter<long> s_decisions = JtfaNames.Meter.CreateCounter<long>("jtfa.decisions", description: "Decisions published, by scene and cause");
    private static readonly Histogram<double> s_fireLatency = JtfaNames.Meter.CreateHistogram<double>("jtfa.fire.latency", "s", "Due to fire → decision published, by scene and cause");

    private readonly RecentDecisions _recent = new();
    private readonly SceneCounters _counters = new();
    private SceneDefinition? _definition;
    private IAsyncStream<Decision>? _stream;
    private KeyValuePair<string, object?> _sceneTag;

    /// <inheritdoc />
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var name = this.GetPrimaryKeyString();
        _definition = scenes[name];
        _sceneTag = new("scene", name);
        _stream = this.GetStreamProvider(JtfaNames.Streams).GetStream<Decision>(JtfaNames.DecisionStream(name));
        _counters.Resume(await log.GetTotalsAsync(name, cancellationToken));
    }

    /// <inheritdoc />
    public Task<SceneRouting> GetRoutingAsync(CancellationToken cancellationToken) => Task.FromResult(Routing());

    /// <inheritdoc />
    public async Task<SceneRouting> SetPolicyAsync(ScenePolicy policy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (string.Join("; ", policy.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(policy));

        var now = clock.UnixSeconds();
        var inForce = Routing().At(now);
        state.State.Previous = inForce;
        state.State.Policy = policy;
        state.State.From = EdgeAfter(now + Notice.TotalSeconds, inForce.W.TotalSeconds);
        state.State.Version++;
        await state.WriteStateAsync();
        LogPolicySet(_definition!.Name, policy, state.State.From - now);
        return Routing();
    }

    /// <inheritdoc />
    public async Task ReportAsync(Decision decision)
    {
        if (!_recent.TryAdd(decision.Id))
        {
            _counters.CountRepeated();
            return;
        }

        var counted = decision with { AccRunning = _counters.Count(decision, Routing().At(decision.Timestamp).N) };
        await log.AppendAsync(counted);
        _recent.Show(counted);
        await _stream!.OnNextAsync(counted);
        CountPublished(counted);
    }

    /// <inheritdoc />
    public Task CloseAsync(WindowTally tally)
    {
        _counters.Count(tally);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<SceneStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => Task.FromResult(_counters.Snapshot());

    /// <inheritdoc />
    public Task<Decision[]> GetRecentAsync(int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Task.FromResult(_recent.Last(count));
    }

    // Windows lie around multiples of W; their edges lie half-way between.
    private static double EdgeAfter(double time, double width) => (Math.Ceiling((time / width) - 0.5) + 0.5) * width;

    private SceneRouting Routing()
    {
        var current = state.State.Policy ?? _definition!.Policy;
        return new SceneRouting(_definition!.Head.Dimension, current, state.State.From, state.State.Previous ?? current, state.State.Version);
    }

    private void CountPublished(Decision decision)
    {
        var now = clock.UnixSeconds();
        _counters.CountPublished(decision, now);
        var cause = new KeyValuePair<string, object?>("cause", decision.Cause == FireCause.K ? "K" : "T");
        s_decisions.Add(1, _sceneTag, cause);
        s_fireLatency.Record(now - decision.DueAt, _sceneTag, cause);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Scene {Scene} changes its policy to {Policy} in {Seconds:F2} s")]
    private partial void LogPolicySet(string scene, ScenePolicy policy, double seconds);
}
