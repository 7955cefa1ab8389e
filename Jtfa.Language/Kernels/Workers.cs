namespace Jtfa.Language.Kernels;

/// <summary>
/// Threads that share out the items of a job: the caller and others of its own, never those of a pool. Who asks for work is one thread at
/// a time. A waiting thread spins for some microseconds, since the next job mostly comes within them, and then sleeps.
/// </summary>
public sealed class Workers : IDisposable
{
    private const int Spins = 2_000;
    private const int Share = 3; // a thread takes a third of its part of what is left
    private readonly Thread[] _threads;
    private readonly Lock _asking = new();
    private readonly object _sleep = new();
    private RangeJob? _job;
    private int _items;
    private int _grain;
    private int _next;
    private int _working;
    private int _sleeping;
    private volatile int _round;
    private volatile bool _isOver;
    private volatile Exception? _fault;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">All of them, the caller included, 1 or more.</param>
    public Workers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"language {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>All threads, the caller included.</summary>
    public int Count => _threads.Length + 1;

    /// <summary>Runs a job to its end.</summary>
    /// <param name="job">What to do.</param>
    /// <param name="items">How many items it has.</param>
    /// <param name="grain">How many items of it are worth a thread's attention.</param>
    /// <exception cref="AggregateException">An item's work threw on another thread.</exception>
    public void Run(RangeJob job, int items, int grain = 1)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (items <= 0) return;
        lock (_asking)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_threads.Length == 0 || items <= grain)
            {
                job.Run(0, items, 0);
                return;
            }

            _fault = null; // of an earlier job, where the caller's own part threw, too
            _job = job;
            _items = items;
            _grain = grain;
            _next = 0;
            _working = _threads.Length;
            Interlocked.Increment(ref _round);
            if (Volatile.Read(ref _sleeping) > 0)
            {
                lock (_sleep) Monitor.PulseAll(_sleep);
            }

            var spin = default(SpinWait);
            try
            {
                Take(job, 0);
            }
            finally
            {
                while (Volatile.Read(ref _working) > 0) spin.SpinOnce(sleep1Threshold: -1);
            }

            if (_fault is { } fault) throw new AggregateException(fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_asking) _isOver = true;
        lock (_sleep) Monitor.PulseAll(_sleep);
        foreach (var thread in _threads) thread.Join();
    }

    private void Serve(int worker)
    {
        for (var seen = 0; Await(seen); seen++)
        {
            try
            {
                Take(_job!, worker);
            }
            catch (Exception fault)
            {
                _fault = fault; // told to who asked for the work
            }
            finally
            {
                Interlocked.Decrement(ref _working);
            }
        }
    }

    private bool Await(int seen)
    {
        for (var spins = 0; spins < Spins; spins++)
        {
            if (_round != seen) return true;
            if (_isOver) return false;
            Thread.SpinWait(8);
        }

        lock (_sleep)
        {
            // Counted before the round is looked at once more: whoever begins one after that sees the sleeper.
            Interlocked.Increment(ref _sleeping);
            while (_round == seen && !_isOver) Monitor.Wait(_sleep);
            Interlocked.Decrement(ref _sleeping);
        }

        return _round != seen;
    }

    // Large ranges first, for their order in memory, and smaller ones at the end, so that no thread waits long for another.
    private void Take(RangeJob job, int worker)
    {
        while (true)
        {
            var from = Volatile.Read(ref _next);
            var left = _items - from;
            if (left <= 0) return;
            var chunk = Math.Min(left, Math.Max(_grain, left / (Count * Share)));
            if (Interlocked.CompareExchange(ref _next, from + chunk, from) == from) job.Run(from, from + chunk, worker);
        }
    }
}
