using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Orleans.Runtime;

/// <summary>One state of one activation.</summary>
internal sealed class PersistentState<TState> : IPersistentState<TState>, IGrainState<TState>
{
    private readonly string _name;
    private readonly GrainId _grainId;
    private readonly IGrainStorage _storage;
    private readonly Activation _activation;
    private Task _last = Task.CompletedTask;
    private TState _state = Activator.CreateInstance<TState>();

    public PersistentState(Activation activation, PersistentStateAttribute attribute)
    {
        _activation = activation;
        _name = attribute.StateName;
        _grainId = activation.GrainId;
        var storageName = attribute.StorageName ?? Hosting.SiloBuilderExtensions.DefaultStorage;
        _storage = activation.Catalog.Services.GetKeyedService<IGrainStorage>(storageName)
            ?? throw new OrleansException($"No grain storage named '{storageName}' is registered for state '{_name}' of {_grainId}.");
        activation.AddState(this);
    }

    public TState State
    {
        get
        {
            _activation.CheckTurn();
            return _state;
        }

        set
        {
            _activation.CheckTurn();
            _state = value;
        }
    }

    // The storage's view: it may touch the state wherever its own awaits lead.
    TState IGrainState<TState>.State
    {
        get => _state;
        set => _state = value;
    }

    public string? ETag { get; set; }

    public string? Etag => ETag;

    public bool RecordExists { get; set; }

    public Task ReadStateAsync() => InTurnAsync(async () =>
    {
        await _storage.ReadStateAsync(_name, _grainId, this);
        if (!RecordExists) _state = Activator.CreateInstance<TState>();
    });

    public Task WriteStateAsync() => InTurnAsync(() => _storage.WriteStateAsync(_name, _grainId, this));

    public Task ClearStateAsync() => InTurnAsync(async () =>
    {
        await _storage.ClearStateAsync(_name, _grainId, this);
        _state = Activator.CreateInstance<TState>();
    });

    // Interleaving requests may write at once; each needs the version that the one before it gave.
    private Task InTurnAsync(Func<Task> operation)
    {
        _activation.CheckTurn();
        return _last = AfterAsync(_last, operation);
    }

    private async Task AfterAsync(Task before, Func<Task> operation)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            await operation();
        }
        catch (Exception exception) when (exception is not OrleansException)
        {
            throw new OrleansException($"The storage of state '{_name}' of {_grainId} failed: {exception.Message}", exception);
        }
    }
}
