using Orleans.Concurrency;

namespace Orleans.Embedded.Tests;

/// <summary>A grain that plays the acts of a test, and lets them reach what only a grain's own code can.</summary>
public abstract class Actor : Grain, IActor, IDisposable
{
    private readonly Acts _acts;
    private readonly string _key;

    /// <summary>Plays <see cref="Moment.Constructing"/>.</summary>
    protected Actor(Acts acts, IGrainContext context)
    {
        _acts = acts;
        _key = this.GetPrimaryKeyString();
        Context = context;
        Enter(Moment.Constructing, CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>Tells activations apart.</summary>
    public Guid Activation { get; } = Guid.NewGuid();

    /// <summary>The context that the constructor was given.</summary>
    public IGrainContext Context { get; }

    /// <summary>The grain's factory.</summary>
    public IGrainFactory Factory => GrainFactory;

    /// <summary>The activation's services.</summary>
    public IServiceProvider Services => ServiceProvider;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken) => Enter(Moment.Activating, cancellationToken);

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Reason = reason;
        return Enter(Moment.Deactivating, cancellationToken);
    }

    /// <summary>Why it deactivates.</summary>
    public DeactivationReason Reason { get; private set; }

    /// <summary>Keeps idle collection off for a time.</summary>
    public void Delay(TimeSpan time) => DelayDeactivation(time);

    /// <inheritdoc />
    public Task<string> PlayAsync(string act) => _acts.PlayAsync(act, this, CancellationToken.None);

    /// <inheritdoc />
    public Task<string> PlayCancellableAsync(string act, CancellationToken cancellationToken) => _acts.PlayAsync(act, this, cancellationToken);

    /// <inheritdoc />
    public Task<string> InterleaveAsync(string act) => PlayAsync(act);

    /// <inheritdoc />
    public Task<string> ReadAsync(string act) => PlayAsync(act);

    /// <inheritdoc />
    public Task NotifyAsync(string act) => PlayAsync(act);

    /// <inheritdoc />
    public ValueTask<string> PlayValueAsync(string act) => new(PlayAsync(act));

    /// <inheritdoc />
    public Task<string> DirectAsync(IActor other, string act) => other.PlayAsync(act);

    /// <inheritdoc />
    public Task<IActor> RefersToAsync(string key) => Task.FromResult<IActor>(GrainFactory.GetGrain<IPlainActor>(key));

    /// <inheritdoc />
    public void Dispose()
    {
        Enter(Moment.Disposing, CancellationToken.None).GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    private Task Enter(Moment moment, CancellationToken token) => _acts.PlayAsync(_key, moment, this, token);
}

/// <summary>Plays one act at a time.</summary>
public sealed class PlainActorGrain(Acts acts, IGrainContext context) : Actor(acts, context), IPlainActor;

/// <summary>Plays acts that interleave.</summary>
[Reentrant]
public sealed class ReentrantActorGrain(Acts acts, IGrainContext context) : Actor(acts, context), IReentrantActor;
