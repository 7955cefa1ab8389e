namespace Orleans.Embedded.Tests;

/// <summary>Counts, and can be waited for.</summary>
public sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];
    private int _count;

    /// <summary>The count.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts one more.</summary>
    public void Add()
    {
        lock (_gate)
        {
            _count++;
            foreach (var (_, reached) in _waiting.Where(w => w.Count <= _count)) reached.SetResult();
            _waiting.RemoveAll(w => w.Count <= _count);
        }
    }

    /// <summary>Waits until the count is at least <paramref name="count"/>.</summary>
    public Task ReachesAsync(int count)
    {
        lock (_gate)
        {
            if (_count >= count) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((count, reached));
            return reached.Task;
        }
    }

    /// <summary>Waits until the count has grown by <paramref name="more"/>.</summary>
    public Task GrowsAsync(int more) => ReachesAsync(Count + more);
}
