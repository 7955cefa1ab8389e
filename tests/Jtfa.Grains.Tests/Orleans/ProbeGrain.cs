using Orleans.Concurrency;

namespace Jtfa.Grains.Tests.Orleans;

/// <summary>A grain that runs what a test gives it: a delegate cannot cross to a grain, its number can.</summary>
public interface IProbeGrain : IGrainWithStringKey
{
    Task<string> RunAsync(int act);

    [AlwaysInterleave]
    Task<string> RunBesideAsync(int act);
}

/// <summary>A probe as grains are by default.</summary>
public interface IPlainProbeGrain : IProbeGrain;

/// <summary>A probe that is never idle.</summary>
public interface IConstantProbeGrain : IProbeGrain;

/// <summary>What probes keep.</summary>
[GenerateSerializer]
public sealed class ProbeState
{
    [Id(0)]
    public int Number { get; set; }
}

/// <summary>Lets a test reach what only a grain's own code can.</summary>
public abstract class Probe(ProbeActs acts, IPersistentState<ProbeState> state, IPersistentState<ProbeState> other) : Grain, IProbeGrain
{
    /// <summary>Tells activations apart.</summary>
    public string Activation { get; } = Guid.NewGuid().ToString("N");

    public IPersistentState<ProbeState> State => state;

    /// <summary>The same state, read and written apart: as an activation on the other part of a cluster that split would.</summary>
    public IPersistentState<ProbeState> Other => other;

    public override Task OnActivateAsync(CancellationToken cancellationToken) => acts.OnActivate(this);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => acts.OnDeactivate(this);

    public Task<string> RunAsync(int act) => acts.RunAsync(act, this);

    public Task<string> RunBesideAsync(int act) => acts.RunAsync(act, this);
}

public sealed class PlainProbeGrain(
    ProbeActs acts,
    [PersistentState("probe", OrleansSilo.Storage)] IPersistentState<ProbeState> state,
    [PersistentState("probe", OrleansSilo.Storage)] IPersistentState<ProbeState> other) : Probe(acts, state, other), IPlainProbeGrain;

[CollectionAgeLimit(AlwaysActive = true)]
public sealed class ConstantProbeGrain(
    ProbeActs acts,
    [PersistentState("probe", OrleansSilo.Storage)] IPersistentState<ProbeState> state,
    [PersistentState("probe", OrleansSilo.Storage)] IPersistentState<ProbeState> other) : Probe(acts, state, other), IConstantProbeGrain;
