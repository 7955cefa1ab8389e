using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>
/// Runs an activation's work on the thread pool, one piece at a time. It is the task scheduler of everything that runs in it, so
/// that a continuation after <c>await</c> comes back as a turn; <c>ConfigureAwait(false)</c> leaves it, as on Orleans.
/// </summary>
internal sealed class TurnScheduler(Activation owner) : TaskScheduler, IThreadPoolWorkItem
{
    // After so many turns in a row the thread goes back to the pool, for fairness between activations.
    private const int TurnsInARow = 64;

    [ThreadStatic]
    private static TurnScheduler? s_running;

    // Short as a rule, so a plain queue, locked, is smaller than a concurrent one. Activations are many: each object of one counts.
    private readonly Queue<object> _turns = new();
    private bool _scheduled;

    /// <summary>The scheduler whose turn runs on this thread; null outside.</summary>
    public static TurnScheduler? Running => s_running;

    /// <summary>The activation that this schedules.</summary>
    public Activation Owner => owner;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Queues a request's first turn.</summary>
    public void Post(Request request) => Queue(request);

    /// <summary>Queues an action.</summary>
    public void Post(Action action) => Queue(action);

    void IThreadPoolWorkItem.Execute()
    {
        s_running = this;
        try
        {
            for (var turns = 0; turns < TurnsInARow && TryTake(out var turn); turns++) Run(turn);
        }
        finally
        {
            s_running = null;
        }

        lock (_turns)
        {
            _scheduled = _turns.Count > 0;
            if (!_scheduled) return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    protected override void QueueTask(Task task) => Queue(task);

    // Only on the turn of this very scheduler: anything else would be a second thread in the grain.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && s_running == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_turns) return [.. _turns.OfType<Task>()];
    }

    private void Run(object turn)
    {
        if (turn is Task task)
        {
            TryExecuteTask(task);
            return;
        }

        // Made a task only here, on a thread of the pool: made where it was queued, it would bring the caller's async locals along.
        new Task(static turn => Begin(turn!), turn).RunSynchronously(this);
    }

    private static void Begin(object turn)
    {
        if (turn is Request request) request.Run();
        else ((Action)turn)();
    }

    private void Queue(object turn)
    {
        lock (_turns)
        {
            _turns.Enqueue(turn);
            if (_scheduled) return;
            _scheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool TryTake([NotNullWhen(true)] out object? turn)
    {
        lock (_turns) return _turns.TryDequeue(out turn);
    }
}
