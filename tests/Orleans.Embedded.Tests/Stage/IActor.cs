using Orleans.Concurrency;

namespace Orleans.Embedded.Tests;

/// <summary>A grain that plays the acts of a test.</summary>
public interface IActor : IGrainWithStringKey
{
    /// <summary>Plays an act.</summary>
    Task<string> PlayAsync(string act);

    /// <summary>Plays an act that may be cancelled.</summary>
    Task<string> PlayCancellableAsync(string act, CancellationToken cancellationToken);

    /// <summary>Plays an act, interleaving with any other.</summary>
    [AlwaysInterleave]
    Task<string> InterleaveAsync(string act);

    /// <summary>Plays an act, interleaving with others that only read.</summary>
    [ReadOnly]
    Task<string> ReadAsync(string act);

    /// <summary>Plays an act that nobody waits for.</summary>
    [OneWay]
    Task NotifyAsync(string act);

    /// <summary>Plays an act, giving back a value task.</summary>
    ValueTask<string> PlayValueAsync(string act);

    /// <summary>Has another actor play an act.</summary>
    Task<string> DirectAsync(IActor other, string act);

    /// <summary>The actor, as it refers to another of its kind.</summary>
    Task<IActor> RefersToAsync(string key);
}

/// <summary>An actor that plays one act at a time.</summary>
public interface IPlainActor : IActor;

/// <summary>An actor whose acts all interleave.</summary>
public interface IReentrantActor : IActor;
