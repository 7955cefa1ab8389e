using System.Runtime.InteropServices;

namespace Jtfa.Language.Caches;

/// <summary>
/// Remembers which pages hold which text, so that a sequence that begins like an earlier one of the same owner reads its pages instead of
/// computing them anew. Each owner has a tree of whole pages: a page is found by the page before it and by its 16 text tokens, all of which
/// are compared. Numbers do not depend on a batch, so that a page's are the same whoever computed them.
/// <para>
/// Pages that only this remembers are idle. They are free for all who need one: the pool takes the one whose last reader left first. A
/// sequence that reads a page reads all those before it, too, and gives them back from the last to the first, so that this is never a
/// page that another one follows.
/// </para>
/// Not for encoders, whose numbers depend on what follows. For one thread at a time, that of the pool.
/// </summary>
public sealed class PrefixCache : IDisposable
{
    private readonly PagePool _pool;
    private readonly Dictionary<string, KnownPage> _owners = new(StringComparer.Ordinal);
    private readonly HashSet<KnownPage> _pages = new(new PageComparer());
    private readonly HashSet<KnownPage>.AlternateLookup<PageText> _lookup;
    private readonly KnownPage?[] _byPage;
    private readonly LinkedList<KnownPage> _idle = [];
    private readonly List<int> _found = [];

    /// <summary>Remembers pages of a pool from now on.</summary>
    /// <param name="pool">The pool, which has no other.</param>
    public PrefixCache(PagePool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        _pool = pool;
        _lookup = _pages.GetAlternateLookup<PageText>();
        _byPage = new KnownPage?[pool.Pages];
        pool.Attach(this);
    }

    /// <summary>Pages that it remembers, never more than the pool has.</summary>
    public int Pages => _pages.Count;

    /// <summary>Those of them that no sequence reads.</summary>
    public int Idle => _idle.Count;

    /// <summary>Owners of which it remembers pages.</summary>
    public int Owners => _owners.Count;

    /// <summary>
    /// Gives a sequence the pages of the longest known begin of a text, where that is longer than what it has. The text's last token is
    /// always left to compute, since what follows it is not remembered.
    /// </summary>
    /// <param name="owner">Whose text it is: no page of another's is looked at.</param>
    /// <param name="text">The text tokens; they begin with what the sequence has.</param>
    /// <param name="sequence">Takes the pages in the place of its own.</param>
    /// <returns>How many text tokens it was given, with those that it had; 0: nothing has changed.</returns>
    public int Adopt(string owner, ReadOnlySpan<int> text, CachedSequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        CheckPool(sequence);
        if (!_owners.TryGetValue(owner, out var page)) return 0;
        _found.Clear();
        for (var most = (text.Length - 1) / PagePool.PageTokens; _found.Count < most; _found.Add(page.Page))
            if (!_lookup.TryGetValue(TextAfter(page, text, _found.Count), out page)) break;
        var length = _found.Count * PagePool.PageTokens;
        if (length <= sequence.Length) return 0;
        sequence.Replace(CollectionsMarshal.AsSpan(_found));
        return length;
    }

    /// <summary>
    /// Remembers a sequence's whole pages. Where another's hold the same text, the sequence reads those from now on, and gives its own
    /// back. A page that a fork reads, too, is not remembered yet, nor are those after it.
    /// </summary>
    /// <param name="owner">Whose text it is.</param>
    /// <param name="text">The sequence's text tokens, or more.</param>
    /// <param name="sequence">The sequence; their keys and values are in its pages.</param>
    /// <exception cref="InvalidOperationException">It reads a page that was remembered as another text or another owner's.</exception>
    public void Remember(string owner, ReadOnlySpan<int> text, CachedSequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ArgumentOutOfRangeException.ThrowIfLessThan(text.Length, sequence.Length);
        CheckPool(sequence);
        var before = _owners.GetValueOrDefault(owner) ?? new KnownPage(owner);
        for (var index = 0; index < sequence.Length / PagePool.PageTokens; index++)
        {
            var own = sequence.PageAt(index);
            var key = TextAfter(before, text, index);
            if (_lookup.TryGetValue(key, out var known))
            {
                if (known.Page != own) sequence.Exchange(index, known.Page);
            }
            else if (_byPage[own] is not null)
            {
                throw new InvalidOperationException($"Page {own} is remembered as another text, or as another owner's.");
            }
            else if (_pool.IsShared(own))
            {
                // The fork reads pages before it that are not remembered. This one could come to have a reader when those before have none.
                break;
            }
            else
            {
                known = Add(before, own, key.Text);
            }

            before = known;
        }
    }

    /// <summary>Forgets all pages; those that are read stay with who reads them.</summary>
    public void Clear()
    {
        _idle.Clear();
        _owners.Clear();
        foreach (var page in _pages)
        {
            _byPage[page.Page] = null;
            _pool.Release(page.Page);
        }

        _pages.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        _pool.Attach(null);
    }

    /// <summary>A sequence begins to read a page that none read.</summary>
    internal void OnRead(int page)
    {
        if (_byPage[page] is { Place.List: not null } known) _idle.Remove(known.Place);
    }

    /// <summary>A page has one user left, which is this where it is remembered.</summary>
    internal void OnLeft(int page)
    {
        if (_byPage[page] is { } known) _idle.AddLast(known.Place);
    }

    /// <summary>Gives the page that was left first back to the pool.</summary>
    internal void Evict()
    {
        if (_idle.First is not { } first) return;
        var page = first.Value;
        _idle.Remove(first);
        _byPage[page.Page] = null;
        _pages.Remove(page);
        page.Before!.Followers--;
        if (page.Before is { IsRoot: true, Followers: 0 }) _owners.Remove(page.Before.Owner);
        _pool.Release(page.Page);
    }

    private KnownPage Add(KnownPage before, int own, ReadOnlySpan<int> text)
    {
        if (before.IsRoot) _owners.TryAdd(before.Owner, before);
        var page = new KnownPage(before, own, text.ToArray());
        before.Followers++;
        _pool.Share(own);
        _byPage[own] = page;
        _pages.Add(page);
        return page;
    }

    private void CheckPool(CachedSequence sequence)
    {
        if (sequence.Pool != _pool) throw new ArgumentException("The sequence's pages are of another pool.", nameof(sequence));
    }

    private static PageText TextAfter(KnownPage before, ReadOnlySpan<int> text, int index) =>
        new(before, text.Slice(index * PagePool.PageTokens, PagePool.PageTokens));

    /// <summary>A page, by what stands before it and on it.</summary>
    private readonly ref struct PageText(KnownPage before, ReadOnlySpan<int> text)
    {
        public KnownPage Before { get; } = before;

        public ReadOnlySpan<int> Text { get; } = text;
    }

    /// <summary>A page that is remembered, or an owner's root, which stands before the first ones.</summary>
    private sealed class KnownPage
    {
        public KnownPage(string owner) => (Owner, Page, Text, Place) = (owner, -1, [], new(this));

        public KnownPage(KnownPage before, int page, int[] text) =>
            (Owner, Before, Page, Text, Place) = (before.Owner, before, page, text, new(this));

        public string Owner { get; }

        public KnownPage? Before { get; }

        public int Page { get; }

        public int[] Text { get; }

        /// <summary>Its place among the idle ones; in no list while it is read.</summary>
        public LinkedListNode<KnownPage> Place { get; }

        /// <summary>Pages that stand after it.</summary>
        public int Followers { get; set; }

        public bool IsRoot => Before is null;
    }

    /// <summary>Compares texts, never hashes alone. Hashes are seeded by the process: nobody can choose texts of one hash.</summary>
    private sealed class PageComparer : IEqualityComparer<KnownPage>,
        IAlternateEqualityComparer<PageText, KnownPage>
    {
        public bool Equals(KnownPage? x, KnownPage? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(Of(x), y));

        public bool Equals(PageText alternate, KnownPage other) =>
            ReferenceEquals(alternate.Before, other.Before) && alternate.Text.SequenceEqual(other.Text);

        public int GetHashCode(KnownPage page) => GetHashCode(Of(page));

        public int GetHashCode(PageText alternate)
        {
            var hash = default(HashCode);
            hash.Add(alternate.Before);
            hash.AddBytes(MemoryMarshal.AsBytes(alternate.Text));
            return hash.ToHashCode();
        }

        public KnownPage Create(PageText alternate) => new(alternate.Before, -1, alternate.Text.ToArray());

        private static PageText Of(KnownPage page) => new(page.Before!, page.Text);
    }
}
