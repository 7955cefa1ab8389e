using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Runtime;

/// <summary>All activations of the silo: makes one at a grain's first call, collects those that idle, ends all when the silo stops.</summary>
internal sealed class Catalog : IClusterClient
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly ConcurrentDictionary<Type, GrainClass> _classes = new();
    private readonly Lazy<Type[]> _grainTypes = new(FindGrainTypes);
    private readonly GrainCollectionOptions _collection;
    private ITimer? _collector;
    private volatile bool _stopping;

    public Catalog(IServiceProvider services, TimeProvider timeProvider, IOptions<GrainCollectionOptions> collection, ILogger<Catalog> logger)
    {
        Services = services;
        TimeProvider = timeProvider;
        Logger = logger;
        _collection = collection.Value;
    }

    public IServiceProvider Services { get; }

    public IServiceProvider ServiceProvider => Services;

    public TimeProvider TimeProvider { get; }

    public ILogger Logger { get; }

    public IGrainFactory GrainFactory => this;

    public int Count => _activations.Count;

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        ArgumentException.ThrowIfNullOrEmpty(primaryKey);
        var grainClass = _classes.GetOrAdd(typeof(TGrainInterface), ImplementationOf);
        var proxy = DispatchProxy.Create<TGrainInterface, GrainReference>();
        ((GrainReference)(object)proxy).Bind(this, grainClass, GrainInterface.Of(typeof(TGrainInterface)), new GrainId(grainClass.GrainType, primaryKey));
        return proxy;
    }

    /// <summary>Gives a request to the grain's activation, making one if there is none.</summary>
    public void Send(GrainId id, GrainClass grainClass, Request request)
    {
        while (true)
        {
            if (!_activations.TryGetValue(id, out var activation))
            {
                if (_stopping)
                {
                    request.Fail(new OrleansException($"{id} is not activated any more: the silo is stopping."));
                    return;
                }

                activation = Activate(id, grainClass);
            }

            request.Bind(activation);
            if (activation.TryReceive(request)) return;
            Remove(activation);
        }
    }

    public void Remove(Activation activation) => _activations.TryRemove(KeyValuePair.Create(activation.GrainId, activation));

    public void Start() =>
        _collector = TimeProvider.CreateTimer(_ => Collect(), null, _collection.CollectionQuantum, _collection.CollectionQuantum);

    /// <summary>Ends every activation; calls to grains without one fail from now on.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        if (_collector is not null) await _collector.DisposeAsync();
        while (!_activations.IsEmpty)
        {
            var ending = _activations.Values.ToArray();
            foreach (var activation in ending) activation.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The silo is stopping."), cancellationToken);
            await Task.WhenAll(ending.Select(activation => activation.Gone)).WaitAsync(cancellationToken);
        }
    }

    private void Collect()
    {
        foreach (var activation in _activations.Values)
        {
            if (activation.IsIdleFor(_collection.CollectionAge))
                activation.Deactivate(new(DeactivationReasonCode.ActivationIdle, $"Idle for {_collection.CollectionAge}."));
        }
    }

    private Activation Activate(GrainId id, GrainClass grainClass)
    {
        // Constructing an activation starts it, so only the one that is kept may be constructed.
        lock (_activations)
        {
            if (_activations.TryGetValue(id, out var existing)) return existing;
            return _activations[id] = new Activation(this, grainClass, id);
        }
    }

    private GrainClass ImplementationOf(Type grainInterface)
    {
        var candidates = _grainTypes.Value.Where(grainInterface.IsAssignableFrom).ToArray();
        return candidates switch
        {
            [var only] => _classes.Values.FirstOrDefault(known => known.Type == only) ?? new GrainClass(only),
            [] => throw new ArgumentException($"No grain class implements {grainInterface.Name}."),
            _ => throw new ArgumentException($"{grainInterface.Name} is implemented by {string.Join(", ", candidates.Select(c => c.Name))}: the reference is ambiguous."),
        };
    }

    private static Type[] FindGrainTypes()
    {
        var engine = typeof(Grain).Assembly.GetName().Name;
        var seen = new Dictionary<string, Assembly>();
        var open = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic));
        while (open.TryDequeue(out var assembly))
        {
            if (!seen.TryAdd(assembly.GetName().Name!, assembly)) continue;

            // What does not use the engine cannot lead to grains, bar the entry assembly, which may only host them.
            var references = assembly.GetReferencedAssemblies();
            if (assembly != Assembly.GetEntryAssembly() && references.All(r => r.Name != engine)) continue;
            foreach (var reference in references.Where(r => !r.Name!.StartsWith("System", StringComparison.Ordinal) && !seen.ContainsKey(r.Name)))
                open.Enqueue(Assembly.Load(reference));
        }

        return [.. seen.Values
            .Where(a => a.GetReferencedAssemblies().Any(r => r.Name == engine))
            .SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IGrainBase).IsAssignableFrom(t))];
    }
}
