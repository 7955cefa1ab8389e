using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>The decisions seen last.</summary>
internal sealed class RecentKeys(int limit)
{
    private readonly HashSet<DecisionKey> _keys = [];
    private readonly Queue<DecisionKey> _order = new();

    /// <summary>Whether a decision is one of them.</summary>
    public bool Contains(DecisionKey key) => _keys.Contains(key);

    /// <summary>Takes a decision's key.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(DecisionKey key)
    {
        if (!_keys.Add(key)) return false;
        _order.Enqueue(key);
        if (_order.Count > limit) _keys.Remove(_order.Dequeue());
        return true;
    }
}
