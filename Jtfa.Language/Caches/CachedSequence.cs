namespace Jtfa.Language.Caches;

/// <summary>The pages that hold one sequence's keys and values at one stage.</summary>
/// <param name="pool">Where the pages come from.</param>
public sealed class CachedSequence(PagePool pool) : IDisposable
{
    private readonly List<int> _pages = [];

    /// <summary>Text tokens that are in the pages.</summary>
    public int Length { get; private set; }

    /// <summary>Pages that it reads.</summary>
    public int Pages => _pages.Count;

    /// <summary>The pool of its pages.</summary>
    internal PagePool Pool => pool;

    /// <summary>Makes room for text tokens, which count from then on.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <returns>Whether there was room; if not, nothing has changed.</returns>
    public bool TryGrow(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var needed = PagesOf(Length + count) - _pages.Count;
        var ownsLast = Length % PagePool.PageTokens == 0 || count == 0 || !pool.IsShared(_pages[^1]);
        if (needed + (ownsLast ? 0 : 1) > pool.Available) return false;
        if (!ownsLast)
        {
            var copy = pool.Take();
            pool.Copy(_pages[^1], copy);
            pool.Release(_pages[^1]);
            _pages[^1] = copy;
        }

        for (; needed > 0; needed--) _pages.Add(pool.Take());
        Length += count;
        return true;
    }

    /// <summary>Forgets the last text tokens.</summary>
    /// <param name="length">How many stay.</param>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        for (var kept = PagesOf(length); _pages.Count > kept; _pages.RemoveAt(_pages.Count - 1)) pool.Release(_pages[^1]);
        Length = length;
    }

    /// <summary>Another sequence that begins with the same text tokens, and shares their pages until one of both writes.</summary>
    /// <param name="length">How many of them.</param>
    public CachedSequence Fork(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        var fork = new CachedSequence(pool) { Length = length };
        foreach (var page in _pages.Take(PagesOf(length)))
        {
            pool.Share(page);
            fork._pages.Add(page);
        }

        return fork;
    }

    /// <summary>Gives its pages back.</summary>
    public void Dispose() => Truncate(0);

    /// <summary>The page of a text token.</summary>
    internal int PageOf(int position) => _pages[position / PagePool.PageTokens];

    /// <summary>A page by its place.</summary>
    internal int PageAt(int index) => _pages[index];

    /// <summary>Reads another page that holds the same as one of its own.</summary>
    internal void Exchange(int index, int page)
    {
        pool.Share(page);
        pool.Release(_pages[index]);
        _pages[index] = page;
    }

    /// <summary>Reads others' whole pages in the place of all its own.</summary>
    internal void Replace(ReadOnlySpan<int> pages)
    {
        foreach (var page in pages) pool.Share(page);
        Truncate(0);
        _pages.AddRange(pages);
        Length = pages.Length * PagePool.PageTokens;
    }

    /// <summary>Pages that so many text tokens need.</summary>
    internal static int PagesOf(int length) => (length + PagePool.PageTokens - 1) / PagePool.PageTokens;
}
