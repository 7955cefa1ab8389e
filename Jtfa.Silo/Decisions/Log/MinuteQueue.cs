using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>Where scenes' minutes wait to be written, bounded; while the database is away they wait in memory.</summary>
/// <param name="limit">Minutes that may wait.</param>
internal sealed class MinuteQueue(int limit)
{
    private readonly Lock _gate = new();
    private readonly Queue<SceneMinute> _minutes = new();
    private bool _isClosed;

    /// <summary>Minutes that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _minutes.Count;
        }
    }

    /// <summary>Takes a minute.</summary>
    /// <returns>Its place, from 1; 0 where there is no room, or the queue is closed: the minute is lost.</returns>
    public int Append(SceneMinute minute)
    {
        lock (_gate)
        {
            if (_isClosed || _minutes.Count >= limit) return 0;
            _minutes.Enqueue(minute);
            return _minutes.Count;
        }
    }

    /// <summary>The minutes that have waited longest; they stay until they are removed.</summary>
    public List<SceneMinute> First(int count)
    {
        lock (_gate) return [.. _minutes.Take(count)];
    }

    /// <summary>Removes those that have been written.</summary>
    public void RemoveFirst(int count)
    {
        lock (_gate)
        {
            for (var i = 0; i < count; i++) _minutes.Dequeue();
        }
    }

    /// <summary>Takes no more.</summary>
    public void Close()
    {
        lock (_gate) _isClosed = true;
    }
}
