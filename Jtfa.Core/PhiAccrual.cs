namespace Jtfa.Core;

/// <summary>
/// How sure it is that a sender is silent: the φ accrual failure detector (Hayashibara, Défago, Yared and Katayama, "The φ accrual failure
/// detector", SRDS 2004). φ = −log₁₀ P(a normal distribution with the mean and the deviation of the last intervals is longer than the
/// silence): φ = 8 is wrong once in 10⁸ times, if intervals are so distributed. Not thread-safe.
/// </summary>
public sealed class PhiAccrual
{
    /// <summary>Intervals that count, at most.</summary>
    public const int Window = 100;

    // Of the mean: a sender that was regular by chance is given some room.
    private const double LeastDeviation = 0.25;

    // Seconds: what is supposed of a sender that was heard once.
    private const double FirstInterval = 1;

    private readonly Queue<double> _intervals = new(Window);

    /// <summary>When it was heard last, seconds; −∞ for never.</summary>
    public double HeardAt { get; private set; } = double.NegativeInfinity;

    /// <summary>It was heard. A time that is not later than the last is not counted: messages may overtake each other.</summary>
    /// <param name="at">Seconds of any clock.</param>
    public void Heard(double at)
    {
        if (at <= HeardAt) return;
        if (double.IsFinite(HeardAt))
        {
            if (_intervals.Count == Window) _intervals.Dequeue();
            _intervals.Enqueue(at - HeardAt);
        }

        HeardAt = at;
    }

    /// <summary>φ: 0.3 at the mean interval, and the higher the surer; 0 where it was never heard.</summary>
    /// <param name="now">Seconds of the same clock.</param>
    /// <param name="pause">A pause, seconds, that is no reason for doubt: it is added to the mean.</param>
    public double Phi(double now, double pause = 0)
    {
        if (!double.IsFinite(HeardAt)) return 0;
        var (mean, deviation) = Intervals();
        return -LogTail((now - HeardAt - mean - pause) / deviation);
    }

    // Two passes over a hundred numbers: running sums would lose what small deviations are in large sums.
    private (double Mean, double Deviation) Intervals()
    {
        var mean = _intervals.Count > 0 ? _intervals.Sum() / _intervals.Count : FirstInterval;
        var squares = 0.0;
        foreach (var interval in _intervals) squares += (interval - mean) * (interval - mean);
        var deviation = _intervals.Count > 1 ? Math.Sqrt(squares / _intervals.Count) : 0;
        return (mean, Math.Max(deviation, LeastDeviation * mean));
    }

    /// <summary>log₁₀ of the probability that a standard normal number exceeds <paramref name="z"/>; it does not underflow.</summary>
    internal static double LogTail(double z)
    {
        // Below the border by the series of the distribution function around 0, above it by the continued fraction of Mills' ratio
        // (Abramowitz and Stegun, 26.2.11 and 26.2.14): each converges quickly on its side.
        const double Border = 2;
        const int FractionTerms = 100;
        if (z < -Border) return Math.Log10(1 - Math.Pow(10, LogTail(-z)));
        if (z < Border) return Math.Log10(0.5 - Math.CopySign(CentralShare(Math.Abs(z)), z));
        var fraction = z;
        for (var term = FractionTerms; term > 0; term--) fraction = z + (term / fraction);
        return LogDensity(z) - Math.Log10(fraction);
    }

    // P(0 < x < z).
    private static double CentralShare(double z)
    {
        var (term, sum) = (z, z);
        for (var odd = 3; term > sum * 1e-17; odd += 2) sum += term *= z * z / odd;
        return sum * Math.Pow(10, LogDensity(z));
    }

    private static double LogDensity(double z) => ((-z * z / 2) - (Math.Log(2 * Math.PI) / 2)) / Math.Log(10);
}
