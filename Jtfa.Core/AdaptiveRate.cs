namespace Jtfa.Core;

/// <summary>
/// How many tokens a second a camera sends at most, found from what its gateway tells of those that it sent (additive increase,
/// multiplicative decrease). No clock: times are the caller's. Not thread-safe.
/// </summary>
/// <remarks>
/// Half a second's tokens are looked at together. Where more than a tenth of them were lost or late, the rate becomes 0.8 of what came;
/// it is then left for four seconds while as many come as are sent, since what comes late then is the queue that empties. Where less than
/// a fiftieth was, it rises by an eighth of the highest a second; from 0.9 of the rate that was too much on by a twentieth of that one, so
/// that it stays near there; and where it gets a fifth beyond it, that one holds no more.
/// </remarks>
public sealed class AdaptiveRate
{
    /// <summary>How often the rate is found, seconds.</summary>
    public const double Period = 0.5;

    private const int LeastTokens = 4;
    private const double TooMuch = 0.1;
    private const double Little = 0.02;
    private const double Decrease = 0.8;
    private const double Rest = 1;
    private const double Empties = 4;
    private const double AsManyAsSent = 0.95;
    private const double SameTrouble = 6;
    private const double Rise = 0.125;
    private const double Near = 0.9;
    private const double NearRise = 0.05;
    private const double Beyond = 1.2;

    private readonly double _least;
    private readonly double _most;
    private double _from = double.NaN;
    private double _decreasedAt = double.NegativeInfinity;
    private double _tooMuch = double.PositiveInfinity;
    private (long Sent, long Came, long Late) _sum;

    /// <summary>A rate that begins at the highest.</summary>
    /// <param name="least">The lowest, tokens a second, above 0.</param>
    /// <param name="most">The highest.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bounds are none.</exception>
    public AdaptiveRate(double least, double most)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(least);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, least);
        (_least, _most, Rate) = (least, most, most);
    }

    /// <summary>Tokens a second, at most.</summary>
    public double Rate { get; private set; }

    /// <summary>Takes what became of tokens.</summary>
    /// <param name="sent">Tokens sent.</param>
    /// <param name="came">Of these, tokens that came.</param>
    /// <param name="late">Of those, tokens that came late.</param>
    /// <param name="now">Seconds, of any clock.</param>
    public void Take(long sent, long came, long late, double now)
    {
        if (double.IsNaN(_from)) _from = now;
        _sum = (_sum.Sent + sent, _sum.Came + came, _sum.Late + late);
        var time = now - _from;
        if (time < Period || _sum.Sent < LeastTokens) return;
        var bad = 1 - (Math.Clamp(_sum.Came - _sum.Late, 0, _sum.Sent) / (double)_sum.Sent);
        if (bad > TooMuch) Fall(_sum.Came / time, now);
        else if (bad < Little) Climb(time);
        (_sum, _from) = (default, now);
    }

    private void Fall(double came, double now)
    {
        var since = now - _decreasedAt;
        if (since < Rest || (since < Empties && _sum.Came >= AsManyAsSent * _sum.Sent)) return;
        var taken = Math.Min(Rate, came);

        // What follows soon is the same trouble: it tells how fast the queue empties, and not what the link takes.
        _tooMuch = since > SameTrouble ? taken : Math.Min(_tooMuch, Math.Max(taken, Near * _tooMuch));
        Rate = Math.Max(_least, Decrease * taken);
        _decreasedAt = now;
    }

    private void Climb(double time)
    {
        if (Rate > Beyond * _tooMuch) _tooMuch = double.PositiveInfinity;
        var near = Near * _tooMuch;
        var rate = Rate >= near ? Rate + (NearRise * _tooMuch * time) : Math.Min(near, Rate + (Rise * _most * time));
        Rate = Math.Min(_most, rate);
    }
}
