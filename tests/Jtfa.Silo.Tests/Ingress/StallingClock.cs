namespace Jtfa.Silo.Tests.Ingress;

/// <summary>
/// The system's clock, which can hold the gateway's receive loops: a loop asks for the time once a drain, after it has taken the
/// datagrams that wait and before it looks at them. So what is sent while a loop is held is its next drain. Also notes at each
/// drain what the loop's thread has allocated so far.
/// </summary>
internal sealed class StallingClock : TimeProvider, IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _go = new(true);
    private readonly long[] _allocated = new long[100_000];
    private int _drains;
    private int _held;

    /// <summary>By how much the wall clock was set, seconds.</summary>
    public double WasSet { get; set; }

    /// <summary>Drains begun.</summary>
    public int Drains => Volatile.Read(ref _drains);

    /// <summary>What a loop's thread had allocated when a drain began, bytes.</summary>
    public long AllocatedBefore(int drain) => _allocated[drain];

    /// <summary>Holds every loop from its next drain on.</summary>
    public void Hold() => _go.Reset();

    /// <summary>Waits until a loop is held.</summary>
    public Task HeldAsync() => Condition.HoldsAsync(() => Volatile.Read(ref _held), held => held > 0, "a loop is held");

    /// <summary>Lets the loops go on.</summary>
    public void Release() => _go.Set();

    public override DateTimeOffset GetUtcNow()
    {
        if (Thread.CurrentThread.Name?.StartsWith("jtfa ingress", StringComparison.Ordinal) == true) Stall();
        return base.GetUtcNow().AddSeconds(WasSet);
    }

    public void Dispose() => _go.Dispose();

    private void Stall()
    {
        _allocated[_drains] = GC.GetAllocatedBytesForCurrentThread();
        Interlocked.Increment(ref _drains);
        if (_go.IsSet) return;
        Interlocked.Increment(ref _held);
        _go.Wait(s_longest);
        Interlocked.Decrement(ref _held);
    }
}
