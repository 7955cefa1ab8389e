using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The last decisions of a scene to show, and the ids of more of them to recognise one that is reported twice.</summary>
internal sealed class RecentDecisions
{
    private readonly Queue<Decision> _shown = new(SceneHistory.MostRecent);
    private readonly Dictionary<long, Task> _appends = [];
    private readonly Queue<long> _appended = new();

    /// <summary>Takes up what an earlier activation, maybe on another silo, has logged.</summary>
    public void Resume(SceneHistory history)
    {
        foreach (var decision in history.Recent) Show(decision);

        // Of a busy scene the ids go further back, of a quiet one the decisions.
        foreach (var id in history.Recent.Select(decision => decision.Id).Concat(history.Ids))
            if (_appends.TryAdd(id, Task.CompletedTask)) Keep(id);
    }

    /// <summary>The append of a decision that was reported already; null when it was not, or its append has failed.</summary>
    public Task? AppendOf(long id) => _appends.GetValueOrDefault(id);

    /// <summary>Remembers that a decision is being appended.</summary>
    public void Begin(long id, Task append) => _appends.Add(id, append);

    /// <summary>Forgets a decision whose append failed, so that it can be reported again.</summary>
    public void Abandon(long id) => _appends.Remove(id);

    /// <summary>Keeps an appended decision, to recognise it.</summary>
    public void Keep(long id)
    {
        _appended.Enqueue(id);
        if (_appended.Count > SceneHistory.MostIds) _appends.Remove(_appended.Dequeue());
    }

    /// <summary>Keeps a published decision, to show it.</summary>
    public void Show(Decision decision)
    {
        if (_shown.Count == SceneHistory.MostRecent) _shown.Dequeue();
        _shown.Enqueue(decision);
    }

    /// <summary>The last decisions, oldest first.</summary>
    public Decision[] Last(int count) => [.. _shown.Skip(Math.Max(0, _shown.Count - count))];
}
