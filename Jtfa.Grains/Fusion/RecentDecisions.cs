using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The last decisions of a scene to show, and the ids of more of them to recognise one that is reported twice.</summary>
/// <param name="scene">The scene.</param>
/// <param name="scenes">Number of scenes of this silo, which together keep a bounded number of decisions.</param>
/// <param name="clock">What time it is.</param>
internal sealed class RecentDecisions(string scene, int scenes, TimeProvider clock)
{
    // Decisions that all scenes of a silo keep together, and the fewest that each keeps, which is what the live page shows first.
    private const int MostOfAll = 200_000;
    private const int Least = 200;

    private readonly Ring<PackedDecision> _shown = new(Math.Clamp(MostOfAll / scenes, Least, SceneHistory.MostRecent));
    private readonly Dictionary<DecisionKey, Task> _appends = [];
    private readonly Queue<(DecisionKey Key, long At)> _order = new();

    // The last answer, kept while a reader holds it and nothing was published since, because many readers ask the same at once.
    private (int Count, WeakReference<Decision[]>? Answer) _asked;

    /// <summary>Takes up what an earlier activation, maybe on another silo, has logged.</summary>
    public void Resume(SceneHistory history)
    {
        foreach (var decision in history.Recent) Show(decision);

        // For a busy scene the ids go further back than the decisions, for a quiet one the decisions do: both are added.
        foreach (var key in history.Recent.Select(decision => decision.Key).Concat(history.Keys))
            if (!_appends.ContainsKey(key)) Add(key, Task.CompletedTask);
    }

    /// <summary>The append of a decision that was reported already; null when it was not, or its append has failed.</summary>
    public Task? AppendOf(DecisionKey key) => _appends.GetValueOrDefault(key) is { } append && !append.IsFaulted ? append : null;

    /// <summary>Remembers a decision that is being appended, within the time and the number of ids that a history has.</summary>
    public void Add(DecisionKey key, Task append)
    {
        var now = clock.GetTimestamp();
        _appends[key] = append;
        _order.Enqueue((key, now));
        while (_order.TryPeek(out var oldest)
            && (_order.Count > SceneHistory.MostKeys || clock.GetElapsedTime(oldest.At, now) > SceneHistory.Span))
            _appends.Remove(_order.Dequeue().Key);
    }

    /// <summary>Forgets a decision whose append failed, so that it can be reported again.</summary>
    public void Forget(DecisionKey key) => _appends.Remove(key);

    /// <summary>Keeps a published decision, to show it.</summary>
    public void Show(Decision decision)
    {
        _shown.Add(new PackedDecision(decision));
        _asked = (0, null);
    }

    /// <summary>The last decisions, oldest first.</summary>
    public Decision[] Last(int count)
    {
        if (_asked.Count == count && _asked.Answer?.TryGetTarget(out var answer) == true) return answer;
        var last = _shown.Last(count, packed => packed.ToDecision(scene));
        _asked = (count, new(last));
        return last;
    }
}
