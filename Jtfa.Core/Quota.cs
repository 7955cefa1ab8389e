namespace Jtfa.Core;

/// <summary>
/// Counts what is under way, up to a limit of its own and one that it shares: a scene's under that of all. Safe for concurrent use.
/// </summary>
/// <param name="limit">At most so many.</param>
/// <param name="shared">Where its count counts too; null where it shares none.</param>
public sealed class Quota(int limit, Quota? shared = null)
{
    private long _count;

    /// <summary>What is under way.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Counts more where both limits have room; else it changes nothing.</summary>
    public bool TryAdd(int count)
    {
        if (Interlocked.Add(ref _count, count) <= limit && (shared is null || shared.TryAdd(count))) return true;
        Interlocked.Add(ref _count, -count);
        return false;
    }

    /// <summary>Counts less.</summary>
    public void Remove(int count)
    {
        Interlocked.Add(ref _count, -count);
        shared?.Remove(count);
    }
}
