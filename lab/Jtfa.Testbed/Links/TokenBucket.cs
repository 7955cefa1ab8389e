namespace Jtfa.Testbed.Links;

/// <summary>
/// A token bucket with a bounded first-in-first-out queue before it, reckoned when a packet comes (virtual scheduling, as in ITU-T
/// I.371): bytes beyond what the bucket holds are a debt, which is what waits, and which the rate pays off.
/// </summary>
internal sealed class TokenBucket(RateProfile profile)
{
    private const double BitsPerByte = 8;

    private readonly double _bytesPerMs = profile.KbitPerSecond / BitsPerByte;
    private double _level = profile.BurstBytes;
    private double _at = double.NegativeInfinity;

    /// <summary>Takes a packet.</summary>
    /// <param name="atMs">When it comes, milliseconds; an earlier time than the last packet's counts as that.</param>
    /// <param name="bytes">Its length.</param>
    /// <returns>How long it waits, milliseconds; null where the queue has no room.</returns>
    public double? Take(double atMs, int bytes)
    {
        if (atMs > _at)
        {
            _level = Math.Min(profile.BurstBytes, double.IsFinite(_at) ? _level + (_bytesPerMs * (atMs - _at)) : _level);
            _at = atMs;
        }

        var level = _level - bytes;
        if (-level > profile.QueueBytes) return null;
        _level = level;
        return level < 0 ? -level / _bytesPerMs : 0;
    }
}
