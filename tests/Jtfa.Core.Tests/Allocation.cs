namespace Jtfa.Core.Tests;

/// <summary>What an action allocates on this thread.</summary>
internal static class Allocation
{
    /// <summary>
    /// Bytes that the action allocates each time it runs. One that did allocate is run again: while it compiles code, the runtime
    /// grows tables of its own (the cast cache) on the calling thread, but not twice.
    /// </summary>
    public static long Of(Action action)
    {
        var bytes = Measure(action);
        return bytes == 0 ? 0 : Measure(action);
    }

    private static long Measure(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
