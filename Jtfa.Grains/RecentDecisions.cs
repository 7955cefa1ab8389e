using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The last decisions of a scene to show, and the ids of more of them to recognise one that is reported twice.</summary>
internal sealed class RecentDecisions
{
    /// <summary>Decisions kept to show.</summary>
    public const int Shown = 1_000;

    // A window reports within T + linger of opening; at 20,000 decisions a second this is five seconds' worth.
    private const int Recognised = 100_000;

    private readonly Queue<Decision> _shown = new(Shown);
    private readonly HashSet<long> _ids = [];
    private readonly Queue<long> _idOrder = new();

    /// <summary>Remembers an id; false when it is there already.</summary>
    public bool TryAdd(long id)
    {
        if (!_ids.Add(id)) return false;
        _idOrder.Enqueue(id);
        if (_idOrder.Count > Recognised) _ids.Remove(_idOrder.Dequeue());
        return true;
    }

    /// <summary>Keeps a decision to show.</summary>
    public void Show(Decision decision)
    {
        if (_shown.Count == Shown) _shown.Dequeue();
        _shown.Enqueue(decision);
    }

    /// <summary>The last decisions, oldest first.</summary>
    public Decision[] Last(int count) => [.. _shown.Skip(Math.Max(0, _shown.Count - count))];
}
