using System.Collections.Concurrent;

namespace Jtfa.Grains;

/// <summary>The scenes and lanes that are active on this silo, so that it can move them away before it stops.</summary>
public sealed class LocalActivations
{
    private readonly ConcurrentDictionary<GrainId, IGrainContext> _active = new();

    /// <summary>Their activations.</summary>
    public IReadOnlyCollection<IGrainContext> All => [.. _active.Values];

    internal void Add(IGrainContext activation) => _active[activation.GrainId] = activation;

    internal void Remove(IGrainContext activation) => _active.TryRemove(KeyValuePair.Create(activation.GrainId, activation));
}
