using System.Collections.Immutable;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// What this process' gauges are read from. Instruments live as long as the process and are made once, while silos come and go, in tests
/// several at a time: a gauge adds up those that are there.
/// </summary>
internal sealed class GaugeSources<T>
    where T : class
{
    private ImmutableList<T> _all = [];

    /// <summary>The sources now.</summary>
    public IReadOnlyList<T> All => Volatile.Read(ref _all);

    /// <summary>Reads it from now on.</summary>
    public void Add(T source) => ImmutableInterlocked.Update(ref _all, all => all.Add(source));

    /// <summary>Reads it no more; does nothing if it is not there.</summary>
    public void Remove(T source) => ImmutableInterlocked.Update(ref _all, all => all.Remove(source));
}
