namespace Jtfa.Language.Caches;

/// <summary>The pages that hold one sequence's keys and values: it takes them out of a pool and gives them back.</summary>
/// <param name="pool">Where the pages come from.</param>
public sealed class CachedSequence(PagePool pool) : PageTable(StoreOf(pool)), IDisposable
{
    /// <summary>The pool of its pages.</summary>
    internal PagePool Pool => pool;

    /// <summary>Makes room for text tokens, which count from then on.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <returns>Whether there was room; if not, nothing has changed.</returns>
    public bool TryGrow(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var needed = PagesOf(Length + count) - Numbers.Count;
        var ownsLast = Length % PagePool.PageTokens == 0 || count == 0 || !pool.IsShared(Numbers[^1]);
        if (needed + (ownsLast ? 0 : 1) > pool.Available) return false;
        if (!ownsLast)
        {
            var copy = pool.Take();
            Store.Copy(Numbers[^1], copy);
            pool.Release(Numbers[^1]);
            Numbers[^1] = copy;
        }

        for (; needed > 0; needed--) Numbers.Add(pool.Take());
        Length += count;
        return true;
    }

    /// <summary>Forgets the last text tokens.</summary>
    /// <param name="length">How many stay.</param>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        for (var kept = PagesOf(length); Numbers.Count > kept; Numbers.RemoveAt(Numbers.Count - 1)) pool.Release(Numbers[^1]);
        Length = length;
    }

    /// <summary>Another sequence that begins with the same text tokens, and shares their pages until one of both writes.</summary>
    /// <param name="length">How many of them.</param>
    public CachedSequence Fork(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        var fork = new CachedSequence(pool) { Length = length };
        foreach (var page in Numbers.Take(PagesOf(length)))
        {
            pool.Share(page);
            fork.Numbers.Add(page);
        }

        return fork;
    }

    /// <summary>Gives its pages back.</summary>
    public void Dispose() => Truncate(0);

    /// <summary>Reads another page that holds the same as one of its own.</summary>
    internal void Exchange(int index, int page)
    {
        pool.Share(page);
        pool.Release(Numbers[index]);
        Numbers[index] = page;
    }

    /// <summary>Reads others' whole pages in the place of all its own.</summary>
    internal void Replace(ReadOnlySpan<int> pages)
    {
        foreach (var page in pages) pool.Share(page);
        Truncate(0);
        Numbers.AddRange(pages);
        Length = pages.Length * PagePool.PageTokens;
    }

    private static PageStore StoreOf(PagePool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        return pool.Store;
    }
}
