using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Orleans.Runtime;

/// <summary>One state of one activation.</summary>
internal sealed class PersistentState<TState> : IPersistentState<TState>, IGrainState<TState>
{
    private readonly string _name;
    private readonly GrainId _grainId;
    private readonly IGrainStorage _storage;

    public PersistentState(Activation activation, PersistentStateAttribute attribute)
    {
        _name = attribute.StateName;
        _grainId = activation.GrainId;
        var storageName = attribute.StorageName ?? Hosting.SiloBuilderExtensions.DefaultStorage;
        _storage = activation.Catalog.Services.GetKeyedService<IGrainStorage>(storageName)
            ?? throw new OrleansException($"No grain storage named '{storageName}' is registered for state '{_name}' of {_grainId}.");
        State = Activator.CreateInstance<TState>();
        activation.AddState(this);
    }

    public TState State { get; set; }

    public string? ETag { get; set; }

    public string? Etag => ETag;

    public bool RecordExists { get; set; }

    public Task ReadStateAsync() => _storage.ReadStateAsync(_name, _grainId, this);

    public Task WriteStateAsync() => _storage.WriteStateAsync(_name, _grainId, this);

    public async Task ClearStateAsync()
    {
        await _storage.ClearStateAsync(_name, _grainId, this);
        State = Activator.CreateInstance<TState>();
    }
}
