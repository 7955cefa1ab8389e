namespace Jtfa.Language.Caches;

/// <summary>
/// Pages for keys and values, of 16 text tokens each, bounded. Several sequences may read a page (Kwon et al. 2023, "PagedAttention");
/// one that writes to it has it alone. For one thread at a time.
/// </summary>
public sealed class PagePool : IDisposable
{
    /// <summary>Text tokens of a page.</summary>
    public const int PageTokens = 16;

    private readonly int[] _users;
    private readonly Stack<int> _free;
    private PrefixCache? _prefixes;

    /// <summary>Takes the memory of all pages.</summary>
    public PagePool(CacheShape shape, CacheFormat format, int pages)
    {
        Store = new PageStore(shape, format, pages);
        _users = new int[pages];
        _free = new Stack<int>(Enumerable.Range(0, pages).Reverse());
    }

    /// <summary>All pages.</summary>
    public int Pages => _users.Length;

    /// <summary>Pages that nobody uses.</summary>
    public int Free => _free.Count;

    /// <summary>Pages that a sequence can have: those that nobody uses, and those that are only remembered.</summary>
    public int Available => _free.Count + (_prefixes?.Idle ?? 0);

    /// <summary>Bytes of a page.</summary>
    public long PageBytes => Store.PageBytes;

    /// <summary>What is on the pages.</summary>
    internal PageStore Store { get; }

    /// <summary>Bytes that a page takes.</summary>
    public static long PageBytesOf(CacheShape shape, CacheFormat format) => PageStore.PageBytesOf(shape, format);

    /// <inheritdoc/>
    public void Dispose() => Store.Dispose();

    /// <summary>Names who remembers pages; null: nobody any more.</summary>
    internal void Attach(PrefixCache? prefixes)
    {
        if (prefixes is not null && _prefixes is not null) throw new InvalidOperationException("The pool's pages are remembered already.");
        _prefixes = prefixes;
    }

    /// <summary>Takes a page; −1 when none is available.</summary>
    internal int Take()
    {
        if (_free.Count == 0) _prefixes?.Evict();
        if (!_free.TryPop(out var page)) return -1;
        _users[page] = 1;
        return page;
    }

    /// <summary>Counts one more sequence that reads a page.</summary>
    internal void Share(int page)
    {
        if (_users[page]++ == 1) _prefixes?.OnRead(page);
    }

    /// <summary>Whether others read a page, too.</summary>
    internal bool IsShared(int page) => _users[page] > 1;

    /// <summary>Gives a page back.</summary>
    internal void Release(int page)
    {
        switch (--_users[page])
        {
            case 0: _free.Push(page); break;
            case 1: _prefixes?.OnLeft(page); break;
        }
    }
}
