namespace Jtfa.Client;

/// <summary>The ids seen last.</summary>
internal sealed class RecentIds(int limit)
{
    private readonly HashSet<long> _ids = [];
    private readonly Queue<long> _order = new();

    /// <summary>Whether an id is one of them.</summary>
    public bool Contains(long id) => _ids.Contains(id);

    /// <summary>Takes an id.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(long id)
    {
        if (!_ids.Add(id)) return false;
        _order.Enqueue(id);
        if (_order.Count > limit) _ids.Remove(_order.Dequeue());
        return true;
    }
}
