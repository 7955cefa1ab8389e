using System.Collections.Concurrent;

namespace Jtfa.Grains;

/// <summary>The lanes that are active on this silo, for a silo that stops to move them away first.</summary>
public sealed class LocalLanes
{
    private readonly ConcurrentDictionary<GrainId, IGrainContext> _lanes = new();

    /// <summary>The lanes' activations.</summary>
    public IReadOnlyCollection<IGrainContext> All => [.. _lanes.Values];

    internal void Add(IGrainContext lane) => _lanes[lane.GrainId] = lane;

    internal void Remove(IGrainContext lane) => _lanes.TryRemove(KeyValuePair.Create(lane.GrainId, lane));
}
