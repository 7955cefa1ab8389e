namespace Jtfa.Silo.Decisions;

/// <summary>
/// Where rows wait to be written, bounded: scenes' minutes, what language models' texts cost, and models' minutes. While the database is
/// away they wait in memory.
/// </summary>
/// <param name="limit">Rows that may wait.</param>
internal sealed class RowQueue<T>(int limit)
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _rows = new();
    private bool _isClosed;

    /// <summary>Rows that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _rows.Count;
        }
    }

    /// <summary>Takes a row.</summary>
    /// <returns>Its place, from 1; 0 where there is no room, or the queue is closed: the row is lost.</returns>
    public int Append(T row)
    {
        lock (_gate)
        {
            if (_isClosed || _rows.Count >= limit) return 0;
            _rows.Enqueue(row);
            return _rows.Count;
        }
    }

    /// <summary>The rows that have waited longest; they stay until they are removed.</summary>
    public List<T> First(int count)
    {
        lock (_gate) return [.. _rows.Take(count)];
    }

    /// <summary>Removes those that have been written.</summary>
    public void RemoveFirst(int count)
    {
        lock (_gate)
        {
            for (var i = 0; i < count; i++) _rows.Dequeue();
        }
    }

    /// <summary>Takes no more.</summary>
    public void Close()
    {
        lock (_gate) _isClosed = true;
    }
}
