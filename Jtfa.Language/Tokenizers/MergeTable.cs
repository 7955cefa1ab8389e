namespace Jtfa.Language.Tokenizers;

/// <summary>Which neighbours become one symbol, and in which order. Symbols are numbers; a tokenizer says what they stand for.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<Pair, Merge> _merges = [];

    /// <summary>Adds a pair; of equal ones, the first counts.</summary>
    /// <param name="left">The symbol on the left.</param>
    /// <param name="right">The one on the right.</param>
    /// <param name="rank">Pairs of lower rank go first, of equal rank the leftmost.</param>
    /// <param name="merged">What they become.</param>
    public void Add(int left, int right, uint rank, int merged) => _merges.TryAdd(new(left, right), new(rank, merged));

    /// <summary>What two neighbours become.</summary>
    public bool TryGet(int left, int right, out Merge merge) => _merges.TryGetValue(new(left, right), out merge);

    /// <summary>A merge.</summary>
    /// <param name="Rank">Its place in the order.</param>
    /// <param name="Symbol">What comes of it.</param>
    public readonly record struct Merge(uint Rank, int Symbol);

    private readonly record struct Pair(int Left, int Right)
    {
        // Seeded by the process: a file cannot choose pairs that collide.
        public override int GetHashCode() => HashCode.Combine(Left, Right);
    }
}
