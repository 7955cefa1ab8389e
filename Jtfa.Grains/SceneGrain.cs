using System.Diagnostics;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Jtfa.Grains;

/// <summary>
/// Puts a scene's decisions in order: appends each to the log once, then publishes and counts it. Reports interleave, so that with
/// a synchronous log a whole group waits for one commit; they are published in the order in which they went to the log. A decision
/// that the log does not take fails its report, and comes in a later one.
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

    // Decisions published together, at most.
    private const int LargestBatch = 256;

    private readonly RecentDecisions _recent = new();
    private readonly SceneCounters _counters = new();
    private readonly SceneViews _views = new();
    private readonly Queue<(Decision Decision, Task Append)> _unpublished = new();
    private SceneSeconds? _seconds;
    private SceneRouting? _routing;
    private long _activation;
    private long _number;
    private SceneDefinition? _definition;
    private IAsyncStream<Decision>? _stream;
    private SceneMetrics? _metrics;
    private bool _publishing;

    /// <inheritdoc />
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var name = this.GetPrimaryKeyString();
        _definition = scenes[name];
        _routing = RoutingOf(state.State);
        _activation = clock.GetUtcNow().UtcTicks;
        _metrics = new SceneMetrics(name);
        _seconds = new SceneSeconds(PolicyAt);
        _stream = this.GetStreamProvider(JtfaNames.Streams).GetStream<Decision>(JtfaNames.DecisionStream(name));
        var history = await log.GetHistoryAsync(name, cancellationToken);
        _counters.Resume(history.Totals);
        _recent.Resume(history);
    }

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // No report is under way any more. The next activation, maybe on another silo, finds in the log what this one has appended, and
        // takes it for published.
        try
        {
            await PublishAsync();
        }
        finally
        {
            await log.FlushAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public Task<SceneRouting> GetRoutingAsync(CancellationToken cancellationToken) => Task.FromResult(_routing!);

    /// <inheritdoc />
    public async Task<SceneRouting> SetPolicyAsync(ScenePolicy policy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (string.Join("; ", policy.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(policy));

        using var span = JtfaNames.Spans.HasListeners() ? JtfaNames.Spans.StartActivity(JtfaNames.PolicySpan) : null;
        span?.SetTag("scene", _definition!.Name).SetTag("policy", policy.ToString());
        var before = state.State;
        state.State = After(before, policy);
        try
        {
            // Not the caller's token: a write that was cut short may yet have happened.
            await state.WriteStateAsync(CancellationToken.None);
        }
        catch
        {
            // A policy that would be forgotten is not in force either.
            state.State = before;
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }

        // The write may have taken long, and only now is the policy told: gateways hear of it before it takes hold.
        state.State = After(before, policy);
        _routing = RoutingOf(state.State);
        LogPolicySet(_definition!.Name, policy, _routing.CurrentFrom - clock.UnixSeconds());
        return _routing;
    }

    /// <inheritdoc />
    public async Task ReportAsync(Decision decision)
    {
        if (_recent.AppendOf(decision.Id) is { } earlier)
        {
            // If the earlier report fails, so does this one: each is then made again.
            _counters.CountRepeated();
            await earlier;
        }
        else
        {
            await AppendAsync(decision with { AccRunning = _counters.CountLabel(decision), Activation = _activation, Number = ++_number });
        }

        await PublishAsync();
    }

    /// <inheritdoc />
    public Task CloseAsync(WindowTally tally)
    {
        _counters.Count(tally);
        _metrics!.Count(tally);
        _views.CountLate(tally, clock.UnixSeconds());
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task ReportTrafficAsync(string gateway, ViewTraffic[] views)
    {
        _views.Take(gateway, views);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task AnnounceAsync(int view, string camera)
    {
        _views.Name(view, camera, clock.UnixSeconds());
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

    /// <inheritdoc />
    public Task<SceneSnapshot> GetSnapshotAsync(SnapshotSpan span, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(span);
        if (span.Seconds < 0 || span.Windows < 0 || span.Decisions < 0) throw new ArgumentException($"{span}: allowed is 0 or more of each", nameof(span));
        var now = clock.UnixSeconds();
        return Task.FromResult(new SceneSnapshot
        {
            Scene = _definition!.Name,
            Time = now,
            Routing = _routing!,
            Statistics = _counters.Snapshot(),
            Cameras = _views.Health(now),
            Seconds = _seconds!.Last(span.Seconds, now, _counters.Accuracy),
            Windows = _views.Last(span.Windows),
            Decisions = _recent.Last(span.Decisions),
        });
    }

    // Windows lie around multiples of W; their edges lie half-way between.
    private static double EdgeAfter(double time, double width) => (Math.Ceiling((time / width) - 0.5) + 0.5) * width;

    private ScenePolicy PolicyAt(double time) => _routing!.At(time);

    // A change of policy that is announced now.
    private SceneState After(SceneState before, ScenePolicy policy)
    {
        var now = clock.UnixSeconds();
        var inForce = PolicyAt(now);
        return new SceneState
        {
            Policy = policy,
            Previous = inForce,
            From = EdgeAfter(now + Notice.TotalSeconds, inForce.W.TotalSeconds),
            Version = before.Version + 1,
        };
    }

    private SceneRouting RoutingOf(SceneState remembered)
    {
        var current = remembered.Policy ?? _definition!.Policy;
        return new SceneRouting(_definition!.Head.Dimension, current, remembered.From, remembered.Previous ?? current, remembered.Version);
    }

    private async Task AppendAsync(Decision decision)
    {
        var append = ToLogAsync(decision);
        _recent.Begin(decision.Id, append);
        _unpublished.Enqueue((decision, append));
        try
        {
            await append;
            _recent.Keep(decision.Id);
        }
        catch
        {
            // The window keeps the decision and reports it again; until then it is as if it had never come, but for the running
            // accuracy of decisions that are on their way to the log behind it.
            _recent.Abandon(decision.Id);
            _counters.UncountLabel(decision);
            throw;
        }
    }

    // A log that throws instead of failing its task gives a failed task all the same.
    private async Task ToLogAsync(Decision decision) => await log.AppendAsync(decision);

    // In the order of the log: one report publishes for all whose appends have completed, up to the first that has not; what comes
    // while the stream takes a batch goes with the next. What the stream does not take stays first in line, and its window's next report
    // finds it there.
    private async Task PublishAsync()
    {
        if (_publishing) return;
        _publishing = true;
        try
        {
            while (_unpublished.TryPeek(out var next) && next.Append.IsCompleted)
            {
                var ready = _unpublished.TakeWhile(appended => appended.Append.IsCompleted).Take(LargestBatch).ToList();
                var logged = ready.Where(appended => appended.Append.IsCompletedSuccessfully).Select(appended => appended.Decision).ToList();
                if (logged.Count > 0) await _stream!.OnNextBatchAsync(logged);
                ready.ForEach(_ => _unpublished.Dequeue());
                foreach (var decision in logged)
                {
                    _recent.Show(decision);
                    CountPublished(decision);
                }
            }
        }
        finally
        {
            _publishing = false;
        }
    }

    private void CountPublished(Decision decision)
    {
        var now = clock.UnixSeconds();
        _seconds!.Count(decision, now, _counters.Accuracy);
        _views.Count(decision);
        _counters.CountPublished(decision, now);
        _metrics!.CountPublished(decision, now);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Scene {Scene} changes its policy to {Policy} in {Seconds:F2} s")]
    private partial void LogPolicySet(string scene, ScenePolicy policy, double seconds);
}
