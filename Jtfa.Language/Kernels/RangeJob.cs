namespace Jtfa.Language.Kernels;

/// <summary>Work on independent items, of which several threads take ranges. One object is used again and again.</summary>
public abstract class RangeJob
{
    /// <summary>Works on some items.</summary>
    /// <param name="from">The first.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="worker">The thread: 0 … threads − 1, each at one range at a time.</param>
    public abstract void Run(int from, int to, int worker);
}
