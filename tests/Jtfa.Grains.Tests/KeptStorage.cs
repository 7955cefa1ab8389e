using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Storage;

namespace Jtfa.Grains.Tests;

/// <summary>Grain state that outlives a silo, as a database's does, and that can refuse to be written.</summary>
internal sealed class KeptStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<string, string> _records = new();
    private readonly ConcurrentQueue<string> _reads = new();

    public bool IsAway { get; set; }

    /// <summary>What a write waits for.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    /// <summary>How often a state was read: once an activation of the grain that has it.</summary>
    public int ReadsOf(string stateName) => _reads.Count(read => read == stateName);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _reads.Enqueue(stateName);
        grainState.RecordExists = _records.TryGetValue($"{stateName} of {grainId}", out var record);
        if (record is not null) grainState.State = JsonSerializer.Deserialize<T>(record)!;
        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (IsAway) throw new IOException("The storage is away.");
        await Ready;
        _records[$"{stateName} of {grainId}"] = JsonSerializer.Serialize(grainState.State);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _records.TryRemove($"{stateName} of {grainId}", out _);
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }
}
