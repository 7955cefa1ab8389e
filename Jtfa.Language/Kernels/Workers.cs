namespace Jtfa.Language.Kernels;

/// <summary>
/// Threads that share out the items of a job: the caller and others of its own, never those of a pool. Who asks for work is one thread at
/// a time. A waiting thread spins for a moment, since the next job mostly comes within it, and then sleeps. Who comes too late to a job,
/// since it slept or the machine was busy, is not waited for.
/// </summary>
/// <remarks>
/// Several models may share them. What a model computes between two jobs it computes on its caller's thread, so each takes a turn for a
/// step: together they then never compute on more than <see cref="Count"/> threads.
/// </remarks>
public sealed class Workers : IDisposable
{
    private const int Spins = 2_000;
    private const int Share = 3; // a thread takes a third of its part of what is left

    // The state: whether the job may be joined, and twice the number of other threads that have.
    private const int Open = 1;
    private const int OneThread = 2;

    // Handing work to a thread and waiting for it takes about two microseconds where the thread is awake.
    private const double WorthwhileNanoseconds = 4_000;
    private readonly Thread[] _threads;
    private readonly Lock _asking = new();
    private readonly object _sleep = new();
    private readonly object _turns = new();
    private readonly TurnEnd _end;
    private RangeJob? _job;
    private int _items;
    private int _grain;
    private int _next;
    private int _state;
    private int _sleeping;
    private long _lastTurn;
    private long _turn;
    private volatile int _round;
    private volatile bool _isOver;
    private volatile Exception? _fault;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">All of them, the caller included, 1 or more.</param>
    public Workers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _end = new TurnEnd(this);
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

    /// <summary>How many items are worth a thread's attention.</summary>
    /// <param name="nanoseconds">What one takes, roughly.</param>
    public static int Grain(double nanoseconds) => (int)Math.Clamp(WorthwhileNanoseconds / nanoseconds, 1, 1 << 20);

    /// <summary>Who wait for a turn.</summary>
    internal long WaitingForTurn
    {
        get
        {
            lock (_turns) return Math.Max(0, _lastTurn - _turn - 1);
        }
    }

    /// <summary>Waits until all who came before have had their turn. Who has one has all threads, until it gives the turn back.</summary>
    /// <returns>What ends the turn, once.</returns>
    public IDisposable TakeTurn()
    {
        lock (_turns)
        {
            var mine = _lastTurn++;
            while (_turn != mine) Monitor.Wait(_turns);
        }

        return _end;
    }

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
            Interlocked.Exchange(ref _state, Open);
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
                Interlocked.And(ref _state, ~Open);
                while (Volatile.Read(ref _state) > 0) spin.SpinOnce(sleep1Threshold: -1);
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

    private void EndTurn()
    {
        lock (_turns)
        {
            _turn++;
            Monitor.PulseAll(_turns);
        }
    }

    private void Serve(int worker)
    {
        for (var seen = 0; Await(ref seen);)
        {
            if (!TryJoin()) continue;
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
                Interlocked.Add(ref _state, -OneThread);
            }
        }
    }

    // From then on until it leaves, the job stays as it is.
    private bool TryJoin()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if ((state & Open) == 0) return false;
            if (Interlocked.CompareExchange(ref _state, state + OneThread, state) == state) return true;
        }
    }

    // For a round after the one that was seen; false at the end.
    private bool Await(ref int seen)
    {
        for (var spins = 0; _round == seen && !_isOver; spins++)
        {
            if (spins < Spins) Thread.SpinWait(8);
            else Sleep(seen);
        }

        seen = _round;
        return !_isOver;
    }

    private void Sleep(int seen)
    {
        lock (_sleep)
        {
            // Counted before the round is looked at once more: whoever begins one after that sees the sleeper.
            Interlocked.Increment(ref _sleeping);
            while (_round == seen && !_isOver) Monitor.Wait(_sleep);
            Interlocked.Decrement(ref _sleeping);
        }
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

    /// <summary>The end of whichever turn it is: one object, since each step takes a turn.</summary>
    private sealed class TurnEnd(Workers workers) : IDisposable
    {
        public void Dispose() => workers.EndTurn();
    }
}
