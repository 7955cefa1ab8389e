namespace Jtfa.Core;

/// <summary>
/// Percentiles of a stream in bounded memory, each within a stated relative error: DDSketch (Masson, Rim and Lee, "DDSketch: a fast
/// and fully-mergeable quantile sketch with relative-error guarantees", PVLDB 12(12), 2019). A positive value x counts in bucket
/// ⌈log_γ x⌉ with γ = (1 + α)/(1 − α); values up to 0 count in one zero bucket. Not safe for concurrent use.
/// </summary>
public sealed class PercentileSketch
{
    /// <summary>
    /// Buckets kept, at most. When values span more, the lowest buckets are merged and quantiles that fall there lose the error
    /// bound; at α = 0.01 that takes values more than 17 decades apart.
    /// </summary>
    public const int MaxBuckets = 2048;

    private const int InitialBuckets = 128;

    private readonly double _gamma;
    private readonly double _bucketsPerNat;
    private long[] _counts = [];
    private int _lowest;
    private long _zeros;

    /// <summary>An empty sketch.</summary>
    /// <param name="relativeError">α: how far a quantile may be from a value of its rank, as a fraction of it; in [1e-6, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">The relative error is not in [1e-6, 1).</exception>
    public PercentileSketch(double relativeError = 0.01)
    {
        if (relativeError is not (>= 1e-6 and < 1)) // below that, bucket numbers could outgrow an int
            throw new ArgumentOutOfRangeException(nameof(relativeError), relativeError, "Allowed is 1e-6 … 1 (exclusive).");
        RelativeError = relativeError;
        _gamma = (1 + relativeError) / (1 - relativeError);
        _bucketsPerNat = 1 / Math.Log(_gamma);
    }

    /// <summary>α: how far a quantile may be from a value of its rank, as a fraction of that value.</summary>
    public double RelativeError { get; }

    /// <summary>Values added.</summary>
    public long Count { get; private set; }

    /// <summary>The largest value, exactly; NaN when empty.</summary>
    public double Max { get; private set; } = double.NaN;

    /// <summary>The smallest value, exactly; NaN when empty.</summary>
    public double Min { get; private set; } = double.NaN;

    /// <summary>Adds a value. Allocates only when the range of values grows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is NaN or infinite.</exception>
    public void Add(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentOutOfRangeException(nameof(value), value, "Allowed is a finite number.");
        if (value > 0) AddToBucket((int)Math.Ceiling(Math.Log(value) * _bucketsPerNat), 1);
        else _zeros++;
        Extend(1, value, value);
    }

    /// <summary>
    /// The value of rank ⌊p·(Count − 1)⌋, counted from 0 in ascending order, within the relative error; 0 where that value is not
    /// positive (but never outside [<see cref="Min"/>, <see cref="Max"/>]); NaN when empty.
    /// </summary>
    /// <param name="p">Which quantile: 0.99 for p99.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is not in [0, 1].</exception>
    public double Quantile(double p)
    {
        if (p is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "Allowed is 0 … 1.");
        if (Count == 0) return double.NaN;
        var rank = (long)(p * (Count - 1));
        var passed = _zeros;
        if (rank < passed) return Math.Clamp(0, Min, Max);
        var slot = -1;
        while (passed <= rank) passed += _counts[++slot];

        // The value whose relative distance to both edges of its bucket is α.
        var middle = 2 * Math.Exp((_lowest + slot) / _bucketsPerNat) / (_gamma + 1);
        return Math.Clamp(middle, Min, Max);
    }

    /// <summary>Adds all values of another sketch; afterwards this one is as if each had been added to it.</summary>
    /// <exception cref="ArgumentException">The other sketch has another relative error.</exception>
    public void Merge(PercentileSketch other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.RelativeError != RelativeError)
            throw new ArgumentException($"Relative errors differ: {RelativeError} and {other.RelativeError}.", nameof(other));
        if (other.Count == 0) return;
        var (counts, lowest) = (other._counts, other._lowest);
        for (var slot = counts.Length - 1; slot >= 0; slot--)
        {
            var count = counts[slot]; // read before this sketch, which may be the other, changes
            if (count > 0) AddToBucket(lowest + slot, count);
        }
        _zeros += other._zeros;
        Extend(other.Count, other.Min, other.Max);
    }

    /// <summary>Forgets all values; keeps the memory.</summary>
    public void Reset()
    {
        Array.Clear(_counts);
        _zeros = 0;
        Count = 0;
        Min = Max = double.NaN;
    }

    private void Extend(long count, double min, double max)
    {
        Min = Count == 0 ? min : Math.Min(Min, min);
        Max = Count == 0 ? max : Math.Max(Max, max);
        Count += count;
    }

    /// <summary>Counts values of a bucket, after making room for it; a bucket below the lowest one kept counts in that.</summary>
    private void AddToBucket(int bucket, long count)
    {
        if ((uint)(bucket - _lowest) >= (uint)_counts.Length) MakeRoom(bucket);
        _counts[Math.Max(bucket - _lowest, 0)] += count;
    }

    private void MakeRoom(int bucket)
    {
        var firstUsed = _counts.AsSpan().IndexOfAnyExcept(0);
        var lastUsed = _counts.AsSpan().LastIndexOfAnyExcept(0);
        var last = firstUsed < 0 ? bucket : Math.Max(bucket, _lowest + lastUsed);
        var first = firstUsed < 0 ? bucket : Math.Min(bucket, _lowest + firstUsed);
        first = Math.Max(first, last - MaxBuckets + 1);
        var span = last - first + 1;
        var length = Math.Clamp(2 * span, InitialBuckets, MaxBuckets);
        var lowest = first - ((length - span) / 2); // spare room on both sides
        if (length == _counts.Length && lowest == _lowest) return;

        var counts = new long[length];
        for (var slot = Math.Max(firstUsed, 0); slot <= lastUsed; slot++) counts[Math.Max(_lowest + slot - lowest, 0)] += _counts[slot];
        (_counts, _lowest) = (counts, lowest);
    }
}
