using System.Runtime.InteropServices;

namespace Jtfa.Language.Tokenizers;

/// <summary>
/// Merges neighbours until none are left that a table merges, in n log n steps for n symbols: a list of symbols, and a queue of the pairs
/// that may be merged. For one thread.
/// </summary>
/// <param name="table">What is merged.</param>
internal sealed class Merger(MergeTable table)
{
    private const int Gone = -1;
    private readonly List<Node> _nodes = [];
    private readonly PriorityQueue<Candidate, ulong> _queue = new();

    /// <summary>Adds a symbol at the end.</summary>
    public void Add(int symbol) => _nodes.Add(new() { Symbol = symbol, Previous = _nodes.Count - 1, Next = _nodes.Count + 1 });

    /// <summary>Merges the symbols that were added, and forgets them.</summary>
    /// <param name="merged">Takes what is left.</param>
    public void Run(List<int> merged)
    {
        var nodes = CollectionsMarshal.AsSpan(_nodes);
        for (var i = 0; i + 1 < nodes.Length; i++) Offer(nodes, i, i + 1);
        while (_queue.TryDequeue(out var candidate, out _))
        {
            var (left, right) = (candidate.Left, candidate.Right);
            if (nodes[left].Symbol != candidate.LeftSymbol || nodes[right].Symbol != candidate.RightSymbol) continue;
            nodes[left].Symbol = candidate.Merged;
            nodes[right].Symbol = Gone;
            var next = nodes[right].Next;
            nodes[left].Next = next;
            if (next < nodes.Length)
            {
                nodes[next].Previous = left;
                Offer(nodes, left, next);
            }

            if (nodes[left].Previous >= 0) Offer(nodes, nodes[left].Previous, left);
        }

        for (var i = 0; i < nodes.Length; i = nodes[i].Next) merged.Add(nodes[i].Symbol);
        _nodes.Clear();
    }

    private void Offer(Span<Node> nodes, int left, int right)
    {
        var (leftSymbol, rightSymbol) = (nodes[left].Symbol, nodes[right].Symbol);
        if (table.TryGet(leftSymbol, rightSymbol, out var merge))
            _queue.Enqueue(new(left, right, leftSymbol, rightSymbol, merge.Symbol), ((ulong)merge.Rank << 32) | (uint)left);
    }

    private struct Node
    {
        public int Symbol;
        public int Previous;
        public int Next;
    }

    private readonly record struct Candidate(int Left, int Right, int LeftSymbol, int RightSymbol, int Merged);
}
