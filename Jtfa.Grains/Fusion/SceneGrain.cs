using System.Diagnostics;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// Puts a scene's decisions in order: appends each to the log once, then publishes and counts it. Lanes' reports interleave, so that with
/// a synchronous log a whole group waits for one commit; they are published in the order in which they went to the log. A decision
/// that the log does not take is refused, and comes in a later report.
/// </summary>
[CollectionAgeLimit(AlwaysActive = true)]
public sealed class SceneGrain(
    [PersistentState("scene", JtfaNames.Storage)] IPersistentState<SceneState> state,
    SceneCatalog scenes,
    IDecisionLog log,
    IEnumerable<IDecisionListener> listeners,
    LocalActivations activations,
    StreamAgents agents,
    TimeProvider clock,
    ILogger<SceneGrain> logger) : Grain, ISceneGrain
{
    /// <summary>
    /// How far ahead a change of policy is announced: gateways are told of it at once, and those of silos that are slow to answer have
    /// called again by then.
    /// </summary>
    public static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(600);

    /// <summary>Characters of a camera's fault that is announced, at most.</summary>
    internal const int LongestFault = 1024;

    private const int LongestName = 256;

    private static readonly GrainTimerCreationOptions s_unset = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
    {
        Interleave = true,
    };

    private RecentDecisions? _recent;
    private readonly SceneCounters _counters = new();
    private SceneViews? _views;
    private SceneEvents? _events;
    private readonly Queue<(Decision Decision, Task Append)> _unpublished = new();
    private readonly List<Decision> _published = [];
    private SceneFollowers? _followers;
    private SceneGateways? _gateways;
    private SceneSeconds? _seconds;
    private StoredRouting? _routing;
    private long _activation;
    private int _activationEpoch;
    private long _number;
    private long _lastPublished;
    private SceneDefinition? _definition;
    private SceneStream? _stream;
    private IGrainTimer? _streamTimer;
    private bool _streamTimerSet;
    private SceneMetrics? _metrics;
    private SceneMinutes? _minutes;
    private SceneWarnings? _warnings;
    private SceneAdaptation? _adaptation;

    /// <inheritdoc />
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var name = this.GetPrimaryKeyString();
        _definition = scenes[name];
        _activation = clock.GetUtcNow().UtcTicks;
        _events = new SceneEvents(_activation);
        _views = new SceneViews(_definition.ViewNames, _events);
        _gateways = new SceneGateways(name, clock, logger);
        _routing = new StoredRouting(state, _definition, _gateways, clock, logger);
        _recent = new RecentDecisions(name, scenes.Names.Count, clock);
        _metrics = new SceneMetrics(name);
        _seconds = new SceneSeconds(PolicyAt);
        _warnings = new SceneWarnings(name, _definition.Model, _views, _events, clock, logger);
        _followers = new SceneFollowers(name, clock, logger);
        _stream = new SceneStream(this.GetStreamProvider(JtfaNames.Streams), agents, name, clock, logger);
        _streamTimer = this.RegisterGrainTimer(PublishToStreamAsync, s_unset);
        _minutes = new SceneMinutes(
            name, PolicyAt, () => _routing.Current.ClockEpoch, log, clock, callback => this.RegisterGrainTimer(callback, s_unset));
        var history = await log.GetHistoryAsync(name, cancellationToken);
        _counters.Resume(history.Totals);
        _recent!.Resume(history);
        await _routing.ResumeClockAsync(history);
        _adaptation = new SceneAdaptation(name, _routing, _views, _events, clock, logger);
        SceneGauges.Add(_adaptation);
        _activationEpoch = _routing.Current.ClockEpoch;
        activations.Add(GrainContext);
    }

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        activations.Remove(GrainContext);
        if (_adaptation is not null) SceneGauges.Remove(_adaptation);

        // No report is under way any more. The next activation, maybe on another silo, finds in the log what this one has appended, and
        // takes it for published.
        try
        {
            Publish();
            await _stream!.FlushAsync(asks: reason.ReasonCode != DeactivationReasonCode.ShuttingDown);
        }
        finally
        {
            _minutes!.End();
            await log.FlushAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public Task<SceneRouting> GetRoutingAsync(CancellationToken cancellationToken) => Task.FromResult(_routing!.Current);

    /// <inheritdoc />
    public async Task<SceneRouting> SetPolicyAsync(ScenePolicy policy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (string.Join("; ", policy.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(policy));

        using var span = JtfaNames.Spans.HasListeners() ? JtfaNames.Spans.StartActivity(JtfaNames.PolicySpan) : null;
        span?.SetTag("scene", _definition!.Name).SetTag("policy", policy.ToString());
        try
        {
            var before = _routing!.Current.Current;
            await _routing.SetPolicyAsync(policy);
            _adaptation!.Follow();
            _events!.AddPolicy(clock.UnixSeconds(), before, policy);
            return _routing.Current;
        }
        catch
        {
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }

    /// <inheritdoc />
    public async Task<long[]> ReportAsync(LaneReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        foreach (var decision in report.Decisions)
        {
            if (!decision.IsSoundFor(_definition!.Name))
                throw new ArgumentException($"Decision {decision.Id} of scene '{decision.Scene}' has impossible values.", nameof(report));
        }

        if (report.Delays is { } told && !Array.TrueForAll(told, delays => delays.IsSound))
            throw new ArgumentException($"Scene '{_definition!.Name}' is told of impossible delays.", nameof(report));

        foreach (var tally in report.Tallies) Count(tally);
        _adaptation!.Take(report.Delays ?? []);
        List<(long Id, Task Append)>? waiting = null;
        foreach (var decision in report.Decisions)
        {
            var append = Append(decision);
            if (!append.IsCompletedSuccessfully) (waiting ??= []).Add((decision.Id, append));
        }

        Publish();
        if (waiting is null) return [];
        await Task.WhenAll(waiting.Select(wait => wait.Append))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Publish();
        return [.. waiting.Where(wait => !wait.Append.IsCompletedSuccessfully).Select(wait => wait.Id)];
    }

    /// <inheritdoc />
    public Task<PublishedMark> FollowAsync(IDecisionFollower follower)
    {
        ArgumentNullException.ThrowIfNull(follower);
        return Task.FromResult(_followers!.Add(follower, new PublishedMark(_activation, _lastPublished, _activationEpoch)));
    }

    /// <inheritdoc />
    public Task UnfollowAsync(IDecisionFollower follower)
    {
        ArgumentNullException.ThrowIfNull(follower);
        _followers!.Remove(follower);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<SceneRouting> ReportTrafficAsync(string gateway, IGatewayObserver? changes, ViewTraffic[] views)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        ArgumentNullException.ThrowIfNull(views);
        if (gateway.Length > LongestName || !views.All(view => view.IsSound))
            throw new ArgumentException($"Scene '{_definition!.Name}' is told impossible values by a gateway.", nameof(views));
        if (changes is not null) _gateways!.Add(gateway, changes);
        _views!.Take(gateway, views);
        var now = clock.UnixSeconds();
        _minutes!.TakeLost(_views.Lost, now);
        _views.NoteSilence(now);
        _warnings!.Check(PolicyAt(now), now);
        return Task.FromResult(_routing!.Current);
    }

    /// <inheritdoc />
    public async Task<SceneRouting> TakeClockAsync(int epoch, ClockStep? step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        if (step is { } set && !(double.IsFinite(set.At) && double.IsFinite(set.By)))
            throw new ArgumentException($"Scene '{_definition!.Name}' is told of an impossible clock.", nameof(step));
        var told = _routing!.Step;
        await _routing.TakeClockAsync(epoch, step);
        if (_routing.Step is { } taken && taken != told)
        {
            _events!.AddClock(taken);
            _adaptation!.BeginAnew();
        }

        return _routing.Current;
    }

    /// <inheritdoc />
    public Task AnnounceAsync(int view, string camera, string? fault, bool switchedOff, bool givesPictures)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(view);
        if (camera is not { Length: > 0 and <= LongestName })
            throw new ArgumentException($"A camera's name has 1 … {LongestName} characters.", nameof(camera));
        if (fault is { Length: > LongestFault })
            throw new ArgumentException($"A camera's fault has up to {LongestFault} characters.", nameof(fault));
        _views!.Announce(view, new CameraNews(camera, fault, switchedOff, givesPictures), clock.UnixSeconds());
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<SceneStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => Task.FromResult(_counters.Snapshot());

    /// <inheritdoc />
    public Task<Decision[]> GetRecentAsync(int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Task.FromResult(_recent!.Last(count));
    }

    /// <inheritdoc />
    public Task<SceneSnapshot> GetSnapshotAsync(SnapshotSpan span, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(span);
        if (span.Seconds < 0 || span.Windows < 0 || span.Decisions < 0 || span.Events < 0)
            throw new ArgumentException($"{span}: allowed is 0 or more of each", nameof(span));
        var now = clock.UnixSeconds();
        _views!.NoteSilence(now);
        return Task.FromResult(new SceneSnapshot
        {
            Scene = _definition!.Name,
            Time = now,
            Routing = _routing!.Current,
            Statistics = _counters.Snapshot(),
            Cameras = _views.Health(now),
            Seconds = _seconds!.Last(span.Seconds, now, _counters.Accuracy),
            Windows = _views.Last(span.Windows),
            Decisions = _recent!.Last(span.Decisions),
            ClockStep = _routing.Step,
            Warnings = _warnings!.Check(PolicyAt(now), now),
            Events = _events!.Last(span.Events),
        });
    }

    private ScenePolicy PolicyAt(double time) => _routing!.Current.InForceAt(time);

    private void Count(WindowTally tally)
    {
        var now = clock.UnixSeconds();
        _counters.Count(tally);
        _metrics!.Count(tally);
        _views!.CountLate(tally, now);
        _minutes!.Count(tally, now);
    }

    // The decision's append, which fails where the log does not take it.
    private Task Append(Decision decision)
    {
        if (_recent!.AppendOf(decision.Key) is { } earlier)
        {
            // If the earlier report fails, so does this one: each is then made again.
            _counters.CountRepeated();
            return earlier;
        }

        var numbered = decision with
        {
            AccRunning = _counters.CountLabel(decision),
            Label = _definition!.NameOf(decision.Pred),
            Activation = _activation,
            Number = ++_number,
            ActivationEpoch = _activationEpoch,
        };
        var append = ToLogAsync(numbered);
        _unpublished.Enqueue((numbered, append));
        _recent!.Add(decision.Key, append);
        return append;
    }

    // A log that throws instead of failing its task gives a failed task all the same.
    private async Task ToLogAsync(Decision decision)
    {
        try
        {
            await log.AppendAsync(decision);
        }
        catch
        {
            // The lane keeps the decision and reports it again; until then it is as if it had never come, but for the running accuracy of
            // decisions that are on their way to the log behind it.
            _recent!.Forget(decision.Key);
            _counters.UncountLabel(decision);
            throw;
        }
    }

    // In the order of the log: one report publishes for all whose appends have completed, up to the first that has not.
    private void Publish()
    {
        var now = clock.UnixSeconds();
        while (_unpublished.TryPeek(out var next) && next.Append.IsCompleted)
        {
            _unpublished.Dequeue();
            if (!next.Append.IsCompletedSuccessfully) continue;
            _recent!.Show(next.Decision);
            _published.Add(next.Decision);
            _lastPublished = next.Decision.Number;
        }

        if (_published.Count == 0) return;
        _followers!.Give(_published);
        foreach (var listener in listeners) listener.Take(_published);
        foreach (var decision in _published) CountPublished(decision, now);
        _stream!.Add(_published);
        _published.Clear();
        SetStreamTimer();
    }

    private void SetStreamTimer()
    {
        if (_streamTimerSet || _stream!.Due is not { } due) return;
        _streamTimerSet = true;
        _streamTimer!.Change(due, Timeout.InfiniteTimeSpan);
    }

    private async Task PublishToStreamAsync(CancellationToken cancellationToken)
    {
        await _stream!.PublishAsync();
        _streamTimerSet = false;
        SetStreamTimer();
    }

    private void CountPublished(Decision decision, double now)
    {
        _seconds!.Count(decision, now, _counters.Accuracy);
        _views!.Count(decision);
        _counters.CountPublished(decision, now);
        _metrics!.CountPublished(decision, now);
        _minutes!.Count(decision, now);
    }
}
