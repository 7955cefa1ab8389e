namespace Jtfa.Language.Caches;

/// <summary>Which pages hold one sequence's keys and values, of whoever says so.</summary>
/// <param name="store">What is on the pages.</param>
public class PageTable(PageStore store)
{
    /// <summary>Text tokens that are in the pages.</summary>
    public int Length { get; private protected set; }

    /// <summary>Pages that it reads.</summary>
    public int Pages => Numbers.Count;

    /// <summary>What is on the pages.</summary>
    internal PageStore Store { get; } = store;

    /// <summary>The pages, in the order of the text.</summary>
    private protected List<int> Numbers { get; } = [];

    /// <summary>Pages that so many text tokens need.</summary>
    internal static int PagesOf(int length) => (length + PagePool.PageTokens - 1) / PagePool.PageTokens;

    /// <summary>The page of a text token.</summary>
    internal int PageOf(int position) => Numbers[position / PagePool.PageTokens];

    /// <summary>A page by its place.</summary>
    internal int PageAt(int index) => Numbers[index];

    /// <summary>Reads other pages from now on.</summary>
    /// <param name="pages">The pages, as many as the text tokens need.</param>
    /// <param name="length">Text tokens that are in them.</param>
    private protected void Set(ReadOnlySpan<int> pages, int length)
    {
        Numbers.Clear();
        Numbers.AddRange(pages);
        Length = length;
    }
}
