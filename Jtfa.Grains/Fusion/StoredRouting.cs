using System.Diagnostics.CodeAnalysis;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// A scene's routing: its policy and its clock epoch, which outlive its activations, and the K and T that the policy has adapted to, which
/// do not. Gateways are told of each change.
/// </summary>
internal sealed partial class StoredRouting
{
    // A scene that has just come up, maybe on another silo, does not know its gateways: those with tokens call within this time.
    private static readonly TimeSpan s_unknownGateways = TimeSpan.FromSeconds(2);

    // Seconds by which the log may be ahead of this clock: silos' clocks differ. By more, and the clock was set back meanwhile.
    private const double LogAhead = 0.2;

    private static readonly TimeSpan s_stepShown = TimeSpan.FromMinutes(10);

    private readonly IPersistentState<SceneState> _state;
    private readonly SceneDefinition _definition;
    private readonly SceneGateways _gateways;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly long _began;
    private (ClockStep Step, long SeenAt)? _step;

    /// <summary>What was stored, or the scene's configuration.</summary>
    public StoredRouting(
        IPersistentState<SceneState> state, SceneDefinition definition, SceneGateways gateways, TimeProvider clock, ILogger logger)
    {
        (_state, _definition, _gateways, _clock, _logger) = (state, definition, gateways, clock, logger);
        _began = clock.GetTimestamp();
        Current = RoutingOf(state.State, null);
    }

    /// <summary>The routing that now holds.</summary>
    public SceneRouting Current { get; private set; }

    /// <summary>How a clock was set in the last ten minutes; null where none was.</summary>
    public ClockStep? Step => _step is var (step, seenAt) && _clock.GetElapsedTime(seenAt) < s_stepShown ? step : null;

    /// <summary>Announces a policy and stores it.</summary>
    public async Task SetPolicyAsync(ScenePolicy policy)
    {
        var before = _state.State;
        _state.State = After(before, policy);
        try
        {
            // Not the caller's token: a write that was cut short may yet have happened.
            await _state.WriteStateAsync(CancellationToken.None);
        }
        catch
        {
            // A policy that would be forgotten is not in force either.
            _state.State = before;
            throw;
        }

        // The write may have taken long, and only now is the policy told: gateways hear of it before it takes hold.
        _state.State = After(before, policy);
        Current = RoutingOf(_state.State, Current.InForceAt(_clock.UnixSeconds()) is { Adapts: true } adapted ? adapted : null);
        _gateways.Tell(Current);
        LogPolicySet(_definition.Name, policy, Current.CurrentFrom - _clock.UnixSeconds());
    }

    /// <summary>Puts the current policy in force with another K and T, at once: windows that are open keep theirs.</summary>
    public void Adapt(int k, TimeSpan t)
    {
        var inForce = Current.Current.InForce(k, t);
        if (inForce == Current.CurrentInForce) return;
        Current = Current with { CurrentInForce = inForce };
        _gateways.Tell(Current);
    }

    /// <summary>Takes a gateway's clock epoch, and how its clock was set.</summary>
    public async Task TakeClockAsync(int epoch, ClockStep? step)
    {
        if (step is not null) _step = (step, _clock.GetTimestamp());
        if (epoch > Current.ClockEpoch) await BeginEpochAsync(epoch);
    }

    /// <summary>Goes on in the last clock epoch, or begins one where the clock was set back since the last decision.</summary>
    public async Task ResumeClockAsync(SceneHistory history)
    {
        var epoch = Math.Max(_state.State.ClockEpoch, history.Recent.Select(decision => decision.ClockEpoch).DefaultIfEmpty().Max());
        var now = _clock.UnixSeconds();
        var newest = history.Recent.Where(decision => decision.ClockEpoch == epoch).Select(decision => decision.Timestamp)
            .DefaultIfEmpty(double.NegativeInfinity).Max();
        if (newest > now + LogAhead)
        {
            _step = (new ClockStep(now, now - newest), _clock.GetTimestamp());
            LogBehind(_definition.Name, newest - now, epoch + 1);
            await BeginEpochAsync(epoch + 1);
        }
        else if (epoch > _state.State.ClockEpoch)
        {
            await BeginEpochAsync(epoch);
        }

        // The policy's moment is further ahead than any that is announced: the clock was set back since.
        if (Current.CurrentFrom > now + (2 * (SceneGrain.Notice + s_unknownGateways).TotalSeconds))
            Current = Current.InEpoch(Current.ClockEpoch);
    }

    // Gateways hear of it first. Were it not to be remembered, the log would still have it, with the first decision.
    [SuppressMessage("Design", "CA1031", Justification = "A state that cannot be written now keeps no decision from being made.")]
    private async Task BeginEpochAsync(int epoch)
    {
        Current = Current.InEpoch(epoch);
        _gateways.Tell(Current);
        var before = _state.State;
        _state.State = new SceneState
        {
            Policy = before.Policy,
            Previous = before.Policy,
            From = Current.CurrentFrom,
            Version = before.Version,
            ClockEpoch = epoch,
        };
        try
        {
            await _state.WriteStateAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogEpochNotKept(_definition.Name, epoch, exception.Message);
        }
    }

    // A change of policy that is announced now.
    private SceneState After(SceneState before, ScenePolicy policy)
    {
        var now = _clock.UnixSeconds();
        var inForce = Current.At(now);
        var notice = _clock.GetElapsedTime(_began) < s_unknownGateways ? SceneGrain.Notice + s_unknownGateways : SceneGrain.Notice;
        return new SceneState
        {
            Policy = policy,
            Previous = inForce,
            From = EdgeAfter(now + notice.TotalSeconds, inForce.W.TotalSeconds),
            Version = before.Version + 1,
            ClockEpoch = before.ClockEpoch,
        };
    }

    // Windows lie around multiples of W; their edges lie half-way between.
    private static double EdgeAfter(double time, double width) => (Math.Ceiling((time / width) - 0.5) + 0.5) * width;

    // A policy that adapts begins with its own K and T, within their bounds, until windows have gone.
    private SceneRouting RoutingOf(SceneState remembered, ScenePolicy? previousInForce)
    {
        var current = remembered.Policy ?? _definition.Policy;
        return new SceneRouting(
            _definition.Head.Dimension, current, remembered.From, remembered.Previous ?? current, remembered.Version,
            remembered.ClockEpoch, Begun(current), previousInForce ?? Begun(remembered.Previous));
    }

    private static ScenePolicy? Begun(ScenePolicy? policy) => policy switch
    {
        { Timeout: WindowTimeout.Adaptive } => policy.InForce(policy.K, TimeSpan.FromTicks(
            Math.Clamp(policy.T.Ticks, policy.TMin.Ticks, policy.TMax.Ticks))),
        _ => null,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Scene {Scene} changes its policy to {Policy} in {Seconds:F2} s")]
    private partial void LogPolicySet(string scene, ScenePolicy policy, double seconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The log of scene {Scene} is {Seconds:F1} s ahead of the wall clock, set back since: it goes on in clock epoch {Epoch}")]
    private partial void LogBehind(string scene, double seconds, int epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Clock epoch {Epoch} of scene {Scene} could not be stored: {Reason}")]
    private partial void LogEpochNotKept(string scene, int epoch, string reason);
}
