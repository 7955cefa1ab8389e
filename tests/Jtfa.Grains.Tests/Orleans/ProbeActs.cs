using System.Collections.Concurrent;

namespace Jtfa.Grains.Tests.Orleans;

/// <summary>What probes run, by number, and what they do when they begin and end, by their key.</summary>
public sealed class ProbeActs
{
    private readonly ConcurrentDictionary<int, Func<Probe, Task<string>>> _acts = new();
    private readonly ConcurrentDictionary<string, Func<Probe, Task>> _activating = new();
    private readonly ConcurrentDictionary<string, Func<Probe, Task>> _deactivating = new();
    private int _last;

    /// <summary>Adds an act.</summary>
    /// <returns>Its number.</returns>
    public int Add(Func<Probe, Task<string>> act)
    {
        var number = Interlocked.Increment(ref _last);
        _acts[number] = act;
        return number;
    }

    public void WhenActivating(string key, Func<Probe, Task> act) => _activating[key] = act;

    public void WhenDeactivating(string key, Func<Probe, Task> act) => _deactivating[key] = act;

    internal Task<string> RunAsync(int number, Probe probe) => _acts[number](probe);

    internal Task OnActivate(Probe probe) => RunAsync(_activating, probe);

    internal Task OnDeactivate(Probe probe) => RunAsync(_deactivating, probe);

    private static Task RunAsync(ConcurrentDictionary<string, Func<Probe, Task>> acts, Probe probe) =>
        acts.TryGetValue(probe.GetPrimaryKeyString(), out var act) ? act(probe) : Task.CompletedTask;
}
