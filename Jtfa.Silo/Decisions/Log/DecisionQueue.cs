using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>Decisions that are committed together, and those who wait for it.</summary>
/// <param name="awaited">Whether anybody waits.</param>
internal sealed class DecisionGroup(bool awaited)
{
    // More than one only after a group was put back and joined with a later one.
    private readonly List<TaskCompletionSource> _done = awaited ? [NewDone()] : [];

    /// <summary>The decisions, in the order they were appended.</summary>
    public List<Decision> Decisions { get; } = [];

    /// <summary>Completes when the group's decisions are safe; at once where nobody waits.</summary>
    public ValueTask Done => _done.Count == 0 ? ValueTask.CompletedTask : new ValueTask(_done[^1].Task);

    /// <summary>Takes in a later group.</summary>
    public void Join(DecisionGroup later)
    {
        Decisions.AddRange(later.Decisions);
        _done.AddRange(later._done);
    }

    /// <summary>The decisions are safe.</summary>
    public void Complete() => _done.ForEach(done => done.TrySetResult());

    /// <summary>The decisions are lost.</summary>
    public void Fail(DecisionLogException loss) => _done.ForEach(done => done.TrySetException(loss));

    // One for the whole group, however many wait. Those who wait must not run on the writer's thread.
    private static TaskCompletionSource NewDone() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// Where appended decisions gather, bounded. The order of all decisions is: the group that is being committed, the spool, the open group.
/// So nothing overtakes what is in the spool. Before the open group is spooled, the group that is being committed is copied to the spool's
/// front, so that a kill leaves no gap; once that group is committed, the copy is removed.
/// </summary>
internal sealed class DecisionQueue(int limit, bool awaited, DecisionSpool spool, DecisionLogCounters counters)
{
    private readonly Lock _gate = new();
    private DecisionGroup _open = new(awaited);
    private DecisionGroup? _taken;
    private int _takenSpooled;
    private DecisionLogException? _closed;
    private bool _spoolRefuses;

    /// <summary>Decisions that are in memory only.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _open.Decisions.Count + (_taken?.Decisions.Count ?? 0) - _takenSpooled;
        }
    }

    /// <summary>Whether the next append fails: memory is full, the spool refused what is in it, and those who append are told so.</summary>
    public bool Refuses
    {
        get
        {
            lock (_gate)
                return awaited && _spoolRefuses && _open.Decisions.Count >= limit;
        }
    }

    /// <summary>Appends a decision; where the group is full, all that is in memory goes to the spool first.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="place">Its place in the open group, from 1; 0 when neither memory nor spool has room: it is lost.</param>
    /// <returns>Completes when the decision is safe.</returns>
    /// <exception cref="DecisionLogException">The queue is closed.</exception>
    public ValueTask Append(Decision decision, out int place)
    {
        lock (_gate)
        {
            place = 0;
            if (_closed is not null) throw _closed;
            // A refusal stands until the writer has tried again: trying at each append would cost every caller a write.
            if (_open.Decisions.Count >= limit && !_spoolRefuses) SpoolAll();
            if (_open.Decisions.Count >= limit) return awaited ? ValueTask.FromException(Loss(spool)) : ValueTask.CompletedTask;
            _open.Decisions.Add(decision);
            place = _open.Decisions.Count;
            return _open.Done;
        }
    }

    /// <summary>Takes the open group to be committed, if it has decisions and none in the spool are before it.</summary>
    public bool TryTake([NotNullWhen(true)] out DecisionGroup? group)
    {
        lock (_gate)
        {
            group = null;
            if (_open.Decisions.Count == 0 || spool.Count > 0) return false;
            (group, _taken, _open) = (_open, _open, new DecisionGroup(awaited));
            return true;
        }
    }

    /// <summary>The group that was taken is committed.</summary>
    /// <exception cref="IOException">Its copy in the spool cannot be removed.</exception>
    public void Committed()
    {
        lock (_gate)
        {
            spool.RemoveFirst(_takenSpooled);
            _taken!.Complete();
            (_taken, _takenSpooled) = (null, 0);
        }
    }

    /// <summary>
    /// The group that was taken, if one was, could not be committed: its decisions that are not in the spool go back to the front of the
    /// open group.
    /// </summary>
    public void PutBack()
    {
        lock (_gate)
        {
            if (_taken is null) return;
            _taken.Decisions.RemoveRange(0, _takenSpooled);
            _taken.Join(_open);
            (_open, _taken, _takenSpooled) = (_taken, null, 0);
        }
    }

    /// <summary>Moves what is in memory to the spool, as far as that has room.</summary>
    public void Spool()
    {
        lock (_gate)
            SpoolAll();
    }

    /// <summary>Accepts no more decisions.</summary>
    /// <param name="reason">What an append is told.</param>
    public void Close(DecisionLogException reason)
    {
        lock (_gate)
            _closed = reason;
    }

    /// <summary>Gives up what is left in memory; those who wait for it are told.</summary>
    /// <returns>How many decisions that are.</returns>
    public int Abandon()
    {
        lock (_gate)
        {
            PutBack();
            var group = _open;
            _open = new DecisionGroup(awaited);
            if (group.Decisions.Count > 0) group.Fail(Loss(spool));
            return group.Decisions.Count;
        }
    }

    /// <summary>The error for those whose decision is lost.</summary>
    public static DecisionLogException Loss(DecisionSpool spool) =>
        new($"A decision is lost: the database is away and {spool.Refusal ?? "the queue is full"}");

    private void SpoolAll()
    {
        if (_taken is not null)
        {
            _takenSpooled += SpoolSome(_taken.Decisions[_takenSpooled..]);
            if (_takenSpooled < _taken.Decisions.Count) return;
            _taken.Complete();
        }

        _open.Decisions.RemoveRange(0, SpoolSome(_open.Decisions));
        if (_open.Decisions.Count > 0) return;
        _open.Complete();
        _open = new DecisionGroup(awaited);
    }

    private int SpoolSome(List<Decision> decisions)
    {
        if (decisions.Count == 0) return 0;
        var spooled = spool.Append(decisions);
        counters.CountSpooled(spooled);
        _spoolRefuses = spooled == 0;
        return spooled;
    }
}
