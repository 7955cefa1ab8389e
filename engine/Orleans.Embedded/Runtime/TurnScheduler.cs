using System.Collections.Concurrent;

namespace Orleans.Runtime;

/// <summary>
/// Runs an activation's work on the thread pool, one piece at a time. It is the task scheduler of everything that runs in it, so
/// that a continuation after <c>await</c> comes back as a turn; <c>ConfigureAwait(false)</c> leaves it, as on Orleans.
/// </summary>
internal sealed class TurnScheduler : TaskScheduler, IThreadPoolWorkItem
{
    // After so many turns in a row the thread goes back to the pool, for fairness between activations.
    private const int TurnsInARow = 64;

    [ThreadStatic]
    private static TurnScheduler? s_running;

    private readonly ConcurrentQueue<Task> _turns = new();
    private int _scheduled;

    /// <summary>The scheduler whose turn runs on this thread; null outside.</summary>
    public static TurnScheduler? Running => s_running;

    /// <summary>The activation that this schedules.</summary>
    public Activation? Owner { get; set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Queues a request's first turn.</summary>
    public void Post(Request request) => new Task(static state => ((Request)state!).Run(), request).Start(this);

    /// <summary>Queues an action.</summary>
    public void Post(Action action) => new Task(action).Start(this);

    void IThreadPoolWorkItem.Execute()
    {
        s_running = this;
        try
        {
            for (var turns = 0; turns < TurnsInARow && _turns.TryDequeue(out var turn); turns++) TryExecuteTask(turn);
        }
        finally
        {
            s_running = null;
        }

        Volatile.Write(ref _scheduled, 0);
        if (!_turns.IsEmpty) Schedule();
    }

    protected override void QueueTask(Task task)
    {
        _turns.Enqueue(task);
        Schedule();
    }

    // Only on the turn of this very scheduler: anything else would be a second thread in the grain.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && s_running == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _turns;

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
