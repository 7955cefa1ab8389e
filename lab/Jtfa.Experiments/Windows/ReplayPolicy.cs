using Jtfa.Core;

namespace Jtfa.Experiments.Windows;

/// <summary>The policy of a replay of windows; tokens find their window by timestamp. Times in seconds.</summary>
/// <param name="K">Views needed, 1 … N.</param>
/// <param name="N">Views expected.</param>
/// <param name="T">Timeout, above 0; infinite: a window that never has K views never fires.</param>
/// <param name="W">Window width, above 0.</param>
public sealed record ReplayPolicy(int K, int N, double T, double W)
{
    /// <summary>How long a window stays, beyond T, to count late tokens.</summary>
    public double Linger { get; init; } = 0.25;

    /// <summary>How old a capture may be when it comes.</summary>
    public double MaxAge { get; init; } = 10;

    /// <summary>How far ahead of the receiver's clock a capture may lie.</summary>
    public double MaxAhead { get; init; } = 1;

    internal KeyingRule Rule => new(WindowKeying.Timestamp, K, T, W, Linger);

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(N, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(K, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(K, N);
        if (!(T > 0)) throw new ArgumentOutOfRangeException(nameof(T), T, "Allowed is above 0 s.");
        if (!(W > 0 && double.IsFinite(W))) throw new ArgumentOutOfRangeException(nameof(W), W, "Allowed is above 0 s.");
        if (!(Linger >= 0)) throw new ArgumentOutOfRangeException(nameof(Linger), Linger, "Allowed is 0 s or more.");
    }
}
