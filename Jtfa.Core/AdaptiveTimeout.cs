namespace Jtfa.Core;

/// <summary>
/// How long the K-th view of a window takes, of late: a forgetting histogram of it for each K, of which a quantile is the timeout that lets
/// so many of the windows have their K-th view that get it at all. Not thread-safe.
/// </summary>
/// <remarks>
/// NetEq asks the delays of one link. A window waits for K of several: how often the K-th is late depends on how many others can take its
/// place, so that the quantile of the K-th view is asked for, and not the K-th smallest of the links' quantiles.
/// </remarks>
public sealed class AdaptiveTimeout
{
    private readonly List<DelayHistogram> _byOrder = [];

    /// <summary>Takes the delays of a window that has gone.</summary>
    /// <param name="delays">Of each view's token from the window's first, seconds, ascending: the first is 0.</param>
    /// <param name="openedAt">When the window opened, seconds.</param>
    public void Take(ReadOnlySpan<double> delays, double openedAt)
    {
        while (_byOrder.Count < delays.Length) _byOrder.Add(new DelayHistogram());
        for (var order = 0; order < delays.Length; order++) _byOrder[order].Add(delays[order], openedAt);
    }

    /// <summary>A quantile of the K-th view's delay, seconds; NaN where no window had K views.</summary>
    /// <param name="k">K, 1 or more.</param>
    /// <param name="q">Which quantile.</param>
    public double Quantile(int k, double q) => k <= _byOrder.Count ? _byOrder[k - 1].Quantile(q) : double.NaN;
}
