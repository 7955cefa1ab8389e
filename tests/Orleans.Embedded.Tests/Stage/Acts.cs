using System.Collections.Concurrent;
using System.Globalization;

namespace Orleans.Embedded.Tests;

/// <summary>
/// What actors play, by name. A test's own code cannot cross a grain boundary, but its name can: so a test says in one place what
/// happens inside a grain and what is expected of it outside.
/// </summary>
public sealed class Acts
{
    private readonly ConcurrentDictionary<string, Func<Actor, CancellationToken, Task<string>>> _acts = new();
    private long _added;

    /// <summary>Names an act.</summary>
    public string Add(Func<Actor, CancellationToken, Task<string>> act)
    {
        var name = Interlocked.Increment(ref _added).ToString(CultureInfo.InvariantCulture);
        _acts[name] = act;
        return name;
    }

    /// <summary>Sets what the actor of a key plays when it is constructed, activates or deactivates.</summary>
    public void Set(string key, Moment moment, Func<Actor, CancellationToken, Task> act) =>
        _acts[$"{key}:{moment}"] = async (actor, token) =>
        {
            await act(actor, token);
            return "";
        };

    /// <summary>Plays an act on an actor.</summary>
    public Task<string> PlayAsync(string name, Actor actor, CancellationToken token) => _acts[name](actor, token);

    /// <summary>Plays what is set for a moment of the actor's life, if anything is.</summary>
    public Task PlayAsync(string key, Moment moment, Actor actor, CancellationToken token) =>
        _acts.TryGetValue($"{key}:{moment}", out var act) ? act(actor, token) : Task.CompletedTask;
}

/// <summary>A moment of an actor's life.</summary>
public enum Moment
{
    /// <summary>Its constructor runs.</summary>
    Constructing,

    /// <summary>OnActivateAsync runs.</summary>
    Activating,

    /// <summary>OnDeactivateAsync runs.</summary>
    Deactivating,

    /// <summary>It is disposed.</summary>
    Disposing,
}
