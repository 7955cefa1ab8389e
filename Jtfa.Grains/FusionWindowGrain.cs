using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace Jtfa.Grains;

/// <summary>
/// Holds one <see cref="FusionWindow"/>. One timer serves its whole life: first for T, then, once it has fired, for the rest of
/// T + linger, after which it goes. A report that its scene could not take is tried again until it is taken.
/// </summary>
[PreferLocalPlacement]
public sealed partial class FusionWindowGrain(SceneCatalog scenes, TimeProvider clock, ILogger<FusionWindowGrain> logger) : Grain, IFusionWindowGrain
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    // Timers are no finer than this, so less than it is nothing to wait for.
    private static readonly TimeSpan s_timerStep = TimeSpan.FromMilliseconds(1);

    private string _scene = "";
    private long _decision;
    private SceneDefinition? _definition;
    private ScenePolicy? _policy;
    private FusionWindow? _window;
    private IGrainTimer? _timer;
    private double _openedAt;
    private int _openedBy;
    private long _opened;
    private Decision? _unreported;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var slash = key.LastIndexOf('/');
        _decision = long.Parse(key.AsSpan(slash + 1), CultureInfo.InvariantCulture);
        _definition = scenes[key.AsSpan(0, slash)];
        _scene = _definition.Name;
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task AddAsync(TokenBatch batch)
    {
        var tokens = new TokenBlock(batch.Tokens);
        if (tokens.Count == 0) return Task.CompletedTask;
        if (tokens.Dimension != _definition!.Head.Dimension)
            throw new ArgumentException($"Tokens of dimension {tokens.Dimension} for scene '{_scene}', whose head has {_definition.Head.Dimension}.", nameof(batch));
        if (_window is null) Open(batch.Policy, tokens);
        for (var i = 0; i < tokens.Count; i++) _window.Add(tokens.Header(i), tokens.Values(i));
        return _window.IsComplete ? FireAsync(FireCause.K) : Task.CompletedTask;
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // The gateway drains before the silo stops, so this means that the silo was told to hurry.
        if (_window is { HasFired: false, Distinct: > 0 } || _unreported is not null) LogAbandoned(_scene, _decision, _window?.Distinct ?? 0);
        return Task.CompletedTask;
    }

    [MemberNotNull(nameof(_window))]
    private void Open(ScenePolicy policy, TokenBlock tokens)
    {
        _window = new FusionWindow(policy.K, policy.N, tokens.Dimension);
        _policy = policy;
        _openedAt = tokens.Header(0).ReceivedAt;
        _openedBy = tokens.Header(0).View;

        // From here on by the monotonic clock: setting the other one must not keep a window open.
        var waited = Math.Clamp(clock.UnixSeconds() - _openedAt, 0, policy.T.TotalSeconds);
        _opened = clock.GetTimestamp() - (long)(waited * clock.TimestampFrequency);
        _timer = this.RegisterGrainTimer(OnTimerAsync, new GrainTimerCreationOptions(Until(policy.T), Timeout.InfiniteTimeSpan));
    }

    // T counts from when the gateway received the first token, not from when its batch came to its turn here.
    private TimeSpan Left(TimeSpan sinceOpened) => sinceOpened - clock.GetElapsedTime(_opened);

    private TimeSpan Until(TimeSpan sinceOpened) => Left(sinceOpened) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private async Task OnTimerAsync(CancellationToken cancellationToken)
    {
        if (_window!.HasFired && _unreported is not null)
        {
            await ReportAsync();
            return;
        }

        // Timers of the runtime may be early by some milliseconds, and a tick may have waited while the window fired by K.
        var until = _window.HasFired ? _policy!.T + _policy.Linger : _policy!.T;
        if (Left(until) >= s_timerStep) _timer!.Change(Until(until), Timeout.InfiniteTimeSpan);
        else if (_window.HasFired) await CloseAsync();
        else await FireAsync(FireCause.T);
    }

    private Task FireAsync(FireCause cause)
    {
        var head = _definition!.Head;
        var fired = _window!.Fire(cause, clock.UnixSeconds(), head, _policy!.Beta ?? head.Beta);
        _unreported = new Decision
        {
            Scene = _scene,
            Id = _decision,
            Timestamp = fired.FiredAt,
            Cause = cause,
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
            DueAt = cause == FireCause.K ? _window.CompletedAt : _openedAt + _policy.T.TotalSeconds,
        };
        return ReportAsync();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever keeps the scene from taking a decision, the decision is kept and reported again.")]
    private async Task ReportAsync()
    {
        try
        {
            await _definition!.Grain(GrainFactory).ReportAsync(_unreported!);
            DecisionSpan.Record(_unreported!, _openedAt, _openedBy, clock.UnixSeconds());
            _unreported = null;
            _timer!.Change(Until(_policy!.T + _policy.Linger), Timeout.InfiniteTimeSpan);
        }
        catch (Exception exception)
        {
            if (IsOnTheMove(exception)) LogReportMissed(_scene, _decision, exception.Message);
            else LogReportFailed(exception, _scene, _decision);
            _timer!.Change(s_retry, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task CloseAsync()
    {
        DeactivateOnIdle();
        if (_window is { Late: 0, Duplicates: 0, Surplus: 0 }) return;
        try
        {
            await _definition!.Grain(GrainFactory).CloseAsync(new WindowTally(_window!.Late, _window.Duplicates, _window.Surplus, _decision, [.. _window.LateViews]));
        }
        catch (Exception exception) when (IsOnTheMove(exception))
        {
            // What was too late to be decided on is not worth waiting for.
            LogTallyMissed(_scene, _decision, exception.Message);
        }
    }

    // Its silo stops or has died; a moment later it is on another.
    private static bool IsOnTheMove(Exception exception) => exception is OrleansMessageRejectionException or TimeoutException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Window {Scene}/{Decision} ends with {Views} views in and no decision reported")]
    private partial void LogAbandoned(string scene, long decision, int views);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Scene {Scene} was not there to take decision {Decision}, which is reported again: {Reason}")]
    private partial void LogReportMissed(string scene, long decision, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Scene {Scene} was not there to count the late tokens of window {Decision}: {Reason}")]
    private partial void LogTallyMissed(string scene, long decision, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scene {Scene} did not take decision {Decision}; it is reported again")]
    private partial void LogReportFailed(Exception exception, string scene, long decision);
}
