using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>State that lasts as long as the silo. Kept as JSON, so that a grain never shares it with the storage.</summary>
internal sealed class MemoryGrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string, GrainId), (byte[] Json, long Version)> _records = new();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_records.TryGetValue((stateName, grainId), out var record))
        {
            grainState.State = JsonSerializer.Deserialize<T>(record.Json)!;
            (grainState.ETag, grainState.RecordExists) = (GrainStateVersion.Tag(record.Version), true);
        }
        else
        {
            (grainState.ETag, grainState.RecordExists) = (null, false);
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var version = GrainStateVersion.Of(grainState) + 1;
        var record = (JsonSerializer.SerializeToUtf8Bytes(grainState.State), version);
        lock (_records)
        {
            CheckVersion(stateName, grainId, grainState);
            _records[(stateName, grainId)] = record;
        }

        (grainState.ETag, grainState.RecordExists) = (GrainStateVersion.Tag(version), true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_records)
        {
            CheckVersion(stateName, grainId, grainState);
            _records.TryRemove((stateName, grainId), out _);
        }

        (grainState.ETag, grainState.RecordExists) = (null, false);
        return Task.CompletedTask;
    }

    private void CheckVersion<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var stored = _records.TryGetValue((stateName, grainId), out var record) ? record.Version : 0;
        if (stored != GrainStateVersion.Of(grainState)) throw GrainStateVersion.Conflict(stateName, grainId);
    }
}
