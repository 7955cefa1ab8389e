namespace Jtfa.Core;

/// <summary>
/// Delays of late, and their quantiles: a histogram that forgets, as in WebRTC's NetEq. Each delay weighs e^(−age / τ), and weights are
/// taken relative to their sum, so that the first delays count at once (a quick start) and a step is followed at any rate: a quantile q
/// has risen when the new delays weigh 1 − q, and has fallen after τ·ln(1/(1 − q)). NetEq forgets by a factor a packet; τ here is in
/// seconds, which gives its 0.98 at 20 delays a second, and the same memory in time at any other rate. Not thread-safe.
/// </summary>
public sealed class DelayHistogram
{
    /// <summary>The memory τ, seconds: the 95 % quantile follows a fall within 7.5 s.</summary>
    public const double Memory = 2.5;

    /// <summary>How much longer than the delay that it stands for a quantile may be, as a factor.</summary>
    public const double Resolution = 1.05;

    // Seconds: shorter delays are one bucket, and longer ones than a minute, the longest timeout, another.
    private const double Shortest = 50e-6;
    private const int Buckets = 290;

    // The newest delay weighs e^this at most before all weights are scaled down.
    private const double MostExponent = 50;

    private static readonly double s_bucketsPerNat = 1 / Math.Log(Resolution);

    private readonly double[] _weights = new double[Buckets];
    private double _sum;
    private double _origin = double.NaN;

    /// <summary>Whether it has no delay.</summary>
    public bool IsEmpty => double.IsNaN(_origin);

    /// <summary>Adds a delay.</summary>
    /// <param name="delay">Seconds, 0 or more.</param>
    /// <param name="at">When it was, seconds of any clock; ages are differences of these.</param>
    /// <exception cref="ArgumentOutOfRangeException">The delay is no time.</exception>
    public void Add(double delay, double at)
    {
        if (!(delay >= 0 && double.IsFinite(delay))) throw new ArgumentOutOfRangeException(nameof(delay), delay, "Allowed is 0 s or more.");
        if (IsEmpty) _origin = at;
        if ((at - _origin) / Memory > MostExponent) Rescale(at);
        var weight = Math.Exp((at - _origin) / Memory);
        _weights[BucketOf(delay)] += weight;
        _sum += weight;
    }

    /// <summary>
    /// The delay that the share <paramref name="q"/> of the weight does not exceed, seconds: its bucket's upper end, at most
    /// <see cref="Resolution"/> times the delay itself; NaN where there is none.
    /// </summary>
    /// <param name="q">0 … 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">q is not in [0, 1].</exception>
    public double Quantile(double q)
    {
        if (q is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(q), q, "Allowed is 0 … 1.");
        if (IsEmpty) return double.NaN;
        var bucket = -1;
        var passed = 0.0;
        var last = 0;
        while (++bucket < Buckets)
        {
            if (_weights[bucket] == 0) continue;
            last = bucket;
            passed += _weights[bucket];
            if (passed >= q * _sum) break;
        }

        return Shortest * Math.Pow(Resolution, last); // sums that differ by rounding end at the last delay
    }

    private static int BucketOf(double delay) => delay <= Shortest
        ? 0
        : Math.Min(Buckets - 1, (int)Math.Ceiling(Math.Log(delay / Shortest) * s_bucketsPerNat));

    private void Rescale(double at)
    {
        var factor = Math.Exp((_origin - at) / Memory);
        _sum = 0;
        foreach (ref var weight in _weights.AsSpan())
        {
            weight *= factor;
            _sum += weight;
        }

        _origin = at;
    }
}
