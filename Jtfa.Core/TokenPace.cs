namespace Jtfa.Core;

/// <summary>
/// Which of a camera's tokens are sent where it sends when its token has moved (send on delta): one that differs from the last that was
/// sent by more than a share of its length, no sooner than the gateway's answers allow (<see cref="AdaptiveRate"/>), and one before the
/// last becomes too old in any case. No clock: times are the caller's. Not thread-safe.
/// </summary>
/// <param name="rate">Captures a second.</param>
/// <param name="delta">The share: of the Euclidean length of the last token that was sent.</param>
/// <param name="maxAge">For how long a token stands, seconds.</param>
public sealed class TokenPace(double rate, double delta, double maxAge)
{
    private readonly AdaptiveRate _rate = new(Math.Min(rate, 1 / maxAge), rate);
    private float[] _last = [];
    private double _sentAt = double.NegativeInfinity;
    private double _notBefore = double.NegativeInfinity;
    private (long Known, long Arrived, long Late) _told;

    /// <summary>Tokens a second that are sent at most, while they move.</summary>
    public double Rate => _rate.Rate;

    /// <summary>For how long a token stands, seconds.</summary>
    public double MaxAge => maxAge;

    /// <summary>Takes what the gateway has told so far.</summary>
    /// <param name="known">Tokens of which it has.</param>
    /// <param name="arrived">Of these, tokens that came.</param>
    /// <param name="late">Of those, tokens that came late.</param>
    /// <param name="now">Seconds, of any clock.</param>
    public void Follow(long known, long arrived, long late, double now)
    {
        if (known == _told.Known) return;
        _rate.Take(known - _told.Known, arrived - _told.Arrived, late - _told.Late, now);
        _told = (known, arrived, late);
    }

    /// <summary>Whether a token is to be sent.</summary>
    /// <param name="token">d numbers.</param>
    /// <param name="now">Seconds, of the same clock.</param>
    public bool IsDue(ReadOnlySpan<float> token, double now)
    {
        var (age, period) = (now - _sentAt, 1 / rate);
        if (token.Length != _last.Length || age + (period / 2) >= maxAge) return true;
        if (now + (period / 4) < _notBefore) return false;
        var (distance, length) = (0.0, 0.0);
        for (var i = 0; i < token.Length; i++)
        {
            var moved = (double)token[i] - _last[i];
            (distance, length) = (distance + (moved * moved), length + ((double)_last[i] * _last[i]));
        }

        return distance > delta * delta * length;
    }

    /// <summary>A token was sent.</summary>
    public void NoteSent(ReadOnlySpan<float> token, double now)
    {
        if (_last.Length != token.Length) _last = new float[token.Length];
        token.CopyTo(_last);
        _sentAt = now;

        // From when it might have been sent, not from when a tick came: else the rate would be a whole part of that of captures.
        _notBefore = Math.Max(_notBefore, now - (1 / Rate)) + (1 / Rate);
    }
}
