using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Jtfa.Grains;

/// <summary>
/// Holds one <see cref="WindowLane"/>. One timer serves all of its windows: it is set for what is due next. Decisions that fire while a
/// report is on its way to the scene are sent with the next one; a report that the scene could not take is sent again until it does. A
/// fault of one window does not affect the others.
/// </summary>
[PreferLocalPlacement]
[CollectionAgeLimit(AlwaysActive = true)] // it lives as long as its scene, also while no tokens come
public sealed partial class FusionWindowGrain(
    SceneCatalog scenes, LocalActivations activations, TimeProvider clock, WallClock wall,
    ILogger<FusionWindowGrain> logger) : Grain, IFusionWindowGrain, IGrainMigrationParticipant
{
    // Keys of what a lane takes along when it moves to another silo.
    private const string WindowsKey = "jtfa.lane.windows";
    private const string ReportKey = "jtfa.lane.report";

    private const int MostUnreported = 1024;

    // Delays are samples: while the scene takes no reports, the oldest make room.
    private const int MostDelays = 1024;

    // A window whose time is over is removed with the next batch or timeout; without one, at most so many seconds late, with others.
    private const double GoneWithin = 1;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    private readonly List<Decision> _fired = [];
    private readonly List<WindowTally> _tallies = [];
    private readonly List<WindowDelays> _delays = [];
    private readonly FiredTokens _details = new(DecisionDetail.KeptPerLane);
    private string _scene = "";
    private SceneDefinition? _definition;
    private WindowLane? _lane;
    private LanePlace? _place;
    private IGrainTimer? _timer;
    private double _armedFor = double.PositiveInfinity;
    private ScenePolicy? _policy;
    private WindowRule _rule;
    private List<byte[]> _arriving = [];
    private Task _reporting = Task.CompletedTask;
    private bool _leaving;

    // Seconds of the monotonic clock, so that setting the wall clock neither fires a window nor keeps it open.
    private double Now => clock.GetTimestamp() / (double)clock.TimestampFrequency;

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The key is not a lane of a known scene.</exception>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.LastIndexOf('/');
        if (slash < 0 || !int.TryParse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new ArgumentException($"'{key}' is no lane: allowed is scene/lane, such as lobby/0");
        _definition = scenes[key.AsSpan(0, slash)];
        _scene = _definition.Name;
        _lane = new WindowLane(_definition.Head.Dimension);
        _place = new LanePlace(GrainContext.Address.SiloAddress!, clock);
        _timer = this.RegisterGrainTimer(OnTimerAsync, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        foreach (var window in _arriving) _lane.Restore(LaneWindow.Load(window, _definition.Head.Dimension, Now));
        _arriving = [];
        activations.Add(GrainContext);
        while (_lane.TryTakeComplete(out var complete)) Fire(complete, FireCause.K);
        TakeDue();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task AddAsync(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var tokens = new TokenBlock(batch.Tokens);
        if (tokens.Count == 0) return Task.CompletedTask;
        if (tokens.Dimension != _definition!.Head.Dimension)
            throw new ArgumentException(
                $"Tokens of dimension {tokens.Dimension} for scene '{_scene}', whose head has {_definition.Head.Dimension}.",
                nameof(batch));
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!tokens.Header(i).IsSound)
                throw new ArgumentException($"Token {i} for scene '{_scene}' has impossible numbers.", nameof(batch));
        }

        Add(tokens, RuleOf(batch.Policy), batch.ClockEpoch);
        while (_lane!.TryTakeComplete(out var window)) Fire(window, FireCause.K);
        TakeDue();
        if (_place!.Count(batch.Gateway) is { } silo) GrainContext.Migrate(new() { [IPlacementDirector.PlacementHintKey] = silo });

        // While the scene takes no reports (a synchronous log hangs, say), the gateway has to wait: it drops tokens and counts them.
        return _fired.Count < MostUnreported ? Task.CompletedTask : _reporting;
    }

    /// <inheritdoc />
    public Task<DecisionDetail[]> GetDetailsAsync(DecisionKey[] decisions, bool withVectors)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        var found = new List<DecisionDetail>();
        foreach (var (clockEpoch, id) in decisions)
        {
            if (_details.Find(id, clockEpoch, _definition!.Head) is not var (tokens, beta, trace)) continue;
            found.Add(new DecisionDetail
            {
                Id = id,
                ClockEpoch = clockEpoch,
                Beta = beta,
                Tokens = Array.ConvertAll(tokens, token => ShareOf(token, withVectors)),
                Trace = trace,
            });
        }

        return Task.FromResult(found.ToArray());
    }

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        activations.Remove(GrainContext);

        // Waits for the report under way: the next activation must not send it again.
        _leaving = reason.ReasonCode == DeactivationReasonCode.Migrating;
        try
        {
            await _reporting.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!_leaving)
        {
            _leaving = true;
        }

        if (reason.ReasonCode == DeactivationReasonCode.Migrating) return;

        // The gateway drains before its silo stops, so something is left only where the silo had no time to stop in order. Where another
        // silo has died, Orleans ends the activations that were registered there: those had time to report, but not for open windows.
        var open = _lane!.Windows.Count(window => !window.Tokens.HasFired);
        if (open + _fired.Count > 0) LogAbandoned(this.GetPrimaryKeyString(), open, _fired.Count);
    }

    /// <inheritdoc />
    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        ArgumentNullException.ThrowIfNull(dehydrationContext);
        dehydrationContext.TryAddValue(WindowsKey, _lane!.Windows.Select(window => window.Save(Now)).ToList());
        dehydrationContext.TryAddValue(ReportKey, new LaneReport([.. _fired], [.. _tallies]));
    }

    /// <inheritdoc />
    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        ArgumentNullException.ThrowIfNull(rehydrationContext);
        if (rehydrationContext.TryGetValue(WindowsKey, out List<byte[]>? windows)) _arriving = windows!;
        if (!rehydrationContext.TryGetValue(ReportKey, out LaneReport? report)) return;
        _fired.AddRange(report!.Decisions);
        _tallies.AddRange(report.Tallies);
    }

    // T counts from when the gateway received the first token, not from when this grain takes the batch.
    private void Add(TokenBlock tokens, in WindowRule rule, int clockEpoch)
    {
        // In this order: a step that is noticed here is older than a window that opens here.
        var wallNow = wall.Now();
        var now = Now;
        for (var i = 0; i < tokens.Count; i++)
        {
            ref readonly var header = ref tokens.Header(i);
            _lane!.Add(header, tokens.Values(i), rule, now - Math.Clamp(wallNow - header.ReceivedAt, 0, rule.T), clockEpoch);
        }
    }

    private WindowRule RuleOf(ScenePolicy policy)
    {
        if (ReferenceEquals(policy, _policy)) return _rule;
        _policy = policy;
        _rule = new WindowRule(
            policy.K, policy.N, policy.T.TotalSeconds, policy.Linger.TotalSeconds, policy.Beta ?? _definition!.Head.Beta,
            policy.Adapts);
        return _rule;
    }

    // Moves or stops the timer when another time is due next, because a needless tick costs more than setting the timer.
    private void Arm(double now)
    {
        var due = Math.Min(_lane!.NextTimeout, _lane.NextToGo + GoneWithin);
        if (due == _armedFor) return;
        _armedFor = due;
        _timer!.Change(
            double.IsFinite(due) ? TimeSpan.FromSeconds(Math.Max(0, due - now)) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private Task OnTimerAsync(CancellationToken cancellationToken)
    {
        _armedFor = double.PositiveInfinity;
        TakeDue();
        return Task.CompletedTask;
    }

    private void TakeDue()
    {
        var now = Now;
        while (_lane!.TryTakeDue(now, out var window))
        {
            if (window.HasGone) Close(window);
            else Fire(window, FireCause.T);
        }

        Arm(now);
        Report();
    }

    [SuppressMessage("Design", "CA1031", Justification = "A window that cannot be decided is logged; the lane's others go on.")]
    private void Fire(LaneWindow window, FireCause cause)
    {
        try
        {
            // A window that was open while the clock was set is timed by the clock that it opened under, so that its latencies are right.
            var now = wall.Now();
            var set = wall.SetSince(window.OpenedAt);
            var fired = window.Tokens.Fire(cause, now - set, _definition!.Head, window.Rule.Beta);
            var decision = DecisionOf(window, fired, set);
            _fired.Add(decision);
            _details.Keep(window, DecisionSpan.Record(decision, window.FirstReceivedAt, window.FirstView, fired.FiredAt));
        }
        catch (Exception exception)
        {
            LogPoisoned(exception, _scene, window.Decision);
        }
    }

    private Decision DecisionOf(LaneWindow window, in FiredWindow fired, double set) => new()
    {
        Scene = _scene,
        Id = window.Decision,
        Timestamp = fired.FiredAt,
        Cause = fired.Cause,
        M = fired.M,
        FillRatio = fired.FillRatio,
        Bytes = fired.Bytes,
        LatMean = fired.LatMean,
        P50 = fired.P50,
        P90 = fired.P90,
        P99 = fired.P99,
        TailFactor = fired.TailFactor,
        Pred = fired.Pred,
        Gt = fired.Gt,
        Confidence = fired.Confidence,
        Views = fired.Views,
        DueAt = window.DueAt(fired.Cause) + set, // compared with the clock as it is when the decision is published
        ClockEpoch = window.ClockEpoch,
    };

    private static TokenShare ShareOf(FusedToken token, bool withVector) => new()
    {
        View = token.View,
        Weight = token.Weight,
        CapturedAt = token.CapturedAt,
        ReceivedAt = token.ReceivedAt,
        Quality = token.Quality,
        Gt = token.Label,
        Bytes = token.Bytes,
        Encoding = token.Encoding,
        Vector = withVector ? token.Vector : null,
    };

    private void Close(LaneWindow window)
    {
        var tokens = window.Tokens;
        if (tokens.Late + tokens.Duplicates + tokens.Surplus > 0)
        {
            _tallies.Add(new WindowTally(
                tokens.Late, tokens.Duplicates, tokens.Surplus, window.Decision, [.. tokens.LateViews], window.ClockEpoch));
        }

        if (window.Delays.Count > 0) NoteDelays(window);
        _lane!.Release(window);
    }

    // A clock that was set while the window was open makes no delay that could be.
    private void NoteDelays(LaneWindow window)
    {
        var delays = new WindowDelays(
            window.FirstReceivedAt, [.. window.Delays.Select(delay => delay.View)], [.. window.Delays.Select(delay => delay.Seconds)]);
        if (!delays.IsSound) return;
        if (_delays.Count == MostDelays) _delays.RemoveAt(0);
        _delays.Add(delays);
    }

    private int Unreported => _fired.Count + _tallies.Count + _delays.Count;

    private void Report()
    {
        if (_reporting.IsCompleted && Unreported > 0) _reporting = ReportAllAsync();
    }

    // One report at a time, so that the scene has the decisions in the order in which they fired.
    [SuppressMessage("Design", "CA1031", Justification = "A report is sent again, whatever kept the scene from taking it.")]
    private async Task ReportAllAsync()
    {
        while (Unreported > 0 && !_leaving)
        {
            var report = new LaneReport([.. _fired], [.. _tallies], [.. _delays]);
            _delays.Clear(); // samples: those of a report that the scene does not take are not sent again
            try
            {
                var refused = await _definition!.Grain(GrainFactory).ReportAsync(report);
                _fired.RemoveRange(0, report.Decisions.Length);
                _tallies.RemoveRange(0, report.Tallies.Length);
                if (refused.Length == 0) continue;
                // Where an id is in it twice, of two clock epochs, the scene takes the second for repeated.
                _fired.InsertRange(0, report.Decisions.Where(decision => refused.Contains(decision.Id)));
                LogRefused(_scene, refused.Length);
            }
            catch (Exception exception)
            {
                if (GrainCalls.IsAway(exception)) LogReportMissed(_scene, report.Decisions.Length, exception.Message);
                else LogReportFailed(exception, _scene, report.Decisions.Length);
            }

            if (!_leaving) await Task.Delay(s_retry, clock);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Lane {Lane} ends with {Open} windows that have not fired and {Unreported} decisions not reported")]
    private partial void LogAbandoned(string lane, int open, int unreported);

    [LoggerMessage(Level = LogLevel.Error, Message = "Window {Scene}/{Decision} could not be decided")]
    private partial void LogPoisoned(Exception exception, string scene, long decision);

    [LoggerMessage(
        Level = LogLevel.Debug, Message = "Scene {Scene} was not there to take {Decisions} decisions, which are reported again: {Reason}")]
    private partial void LogReportMissed(string scene, int decisions, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scene {Scene} could not log {Decisions} decisions; they are reported again")]
    private partial void LogRefused(string scene, int decisions);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scene {Scene} did not take {Decisions} decisions; they are reported again")]
    private partial void LogReportFailed(Exception exception, string scene, int decisions);
}
