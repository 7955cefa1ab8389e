using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Runtime;

/// <summary>All activations of the silo: makes one at a grain's first call, collects those that idle, ends all when the silo stops.</summary>
internal sealed partial class Catalog : IClusterClient
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private readonly ConcurrentDictionary<Type, GrainClass> _classes = new();
    private readonly ConcurrentDictionary<Type, GrainReference> _references = new();
    private readonly Lazy<Type[]> _grainTypes = new(FindGrainTypes);
    private readonly GrainCollectionOptions _collection;
    private ITimer? _collector;
    private bool _stopping;

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
        var any = _references.GetOrAdd(typeof(TGrainInterface), static (_, catalog) => catalog.MakeReference<TGrainInterface>(), this);
        return (TGrainInterface)(object)any.To(primaryKey);
    }

    /// <summary>Gives a request to the grain's activation, making one if there is none.</summary>
    public void Send(GrainId id, GrainClass grainClass, Request request)
    {
        while (true)
        {
            if (!_activations.TryGetValue(id, out var activation) && !TryActivate(id, grainClass, out activation))
            {
                request.Fail(new OrleansMessageRejectionException($"{id} is not activated any more: the silo is stopping."));
                return;
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
        // Under the lock, so that no activation is made that is not seen here.
        lock (_activations) _stopping = true;
        if (_collector is not null) await _collector.DisposeAsync();
        var ending = _activations.Values.ToArray();
        foreach (var activation in ending) activation.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The silo is stopping."), cancellationToken);
        var gone = Task.WhenAll(ending.Select(activation => activation.Gone));
        await gone.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!gone.IsCompleted) LogAbandoned(Logger, _activations.Count);
    }

    private void Collect()
    {
        foreach (var activation in _activations.Values) activation.Collect(_collection.CollectionAge);
    }

    private bool TryActivate(GrainId id, GrainClass grainClass, [NotNullWhen(true)] out Activation? activation)
    {
        lock (_activations)
        {
            if (_activations.TryGetValue(id, out activation)) return true;
            if (_stopping) return false;
            activation = new Activation(this, grainClass, id);
            _activations[id] = activation;
        }

        // Only now: one that fails at once would else be gone before the catalog has it, and be kept for ever.
        activation.Start();
        return true;
    }

    private GrainReference MakeReference<TGrainInterface>()
        where TGrainInterface : IGrainWithStringKey
    {
        var grainClass = _classes.GetOrAdd(typeof(TGrainInterface), ImplementationOf);
        var reference = (GrainReference)(object)DispatchProxy.Create<TGrainInterface, GrainReference>();
        reference.Bind(this, grainClass, GrainInterface.Of(typeof(TGrainInterface)));
        return reference;
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The silo stopped without {Count} activations that did not end in time")]
    private static partial void LogAbandoned(ILogger logger, int count);

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
