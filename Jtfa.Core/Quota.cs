namespace Jtfa.Core;

/// <summary>
/// Counts what is under way, up to its own limit and that of a shared quota: a scene's count is also in that of all scenes. Safe for
/// concurrent use.
/// </summary>
/// <param name="limit">At most so many.</param>
/// <param name="shared">A quota that counts the same things too; null for none.</param>
public sealed class Quota(int limit, Quota? shared = null)
{
    private long _count;

    /// <summary>What is under way.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Adds to the count where both limits have room; else it changes nothing.</summary>
    public bool TryAdd(int count)
    {
        if (Interlocked.Add(ref _count, count) <= limit && (shared is null || shared.TryAdd(count))) return true;
        Interlocked.Add(ref _count, -count);
        return false;
    }

    /// <summary>Subtracts from the count.</summary>
    public void Remove(int count)
    {
        Interlocked.Add(ref _count, -count);
        shared?.Remove(count);
    }
}
