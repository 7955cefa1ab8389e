namespace Jtfa.Testbed.Links;

/// <summary>
/// Whether a link fades, by time. Time begins with the first packet. When it fades depends on seed and link alone: it fades at the same
/// moments whatever is sent. Used by one caller at a time.
/// </summary>
internal sealed class FadeChain(FadeProfile profile, SeededDraws draws)
{
    private bool _hasBegun;
    private double _untilMs; // of the stay, on the packets' clock
    private long _stay;
    private bool _isBad;

    /// <summary>Whether it fades at a time that is not before the last one asked for.</summary>
    public bool FadesAt(TimeSpan time)
    {
        var ms = time.TotalMilliseconds;
        if (!_hasBegun)
        {
            // The stationary state, since the link is older than its first packet. What is left of a stay is distributed as the stay.
            (_hasBegun, _isBad) = (true, draws.Happens(profile.BadShare, 0, Purpose.FadeState));
            _untilMs = ms + Length();
        }

        while (ms >= _untilMs)
        {
            _stay++;
            _isBad = !_isBad;
            _untilMs += Length();
        }

        return _isBad;
    }

    private double Length() => -Math.Log(draws.Uniform(_stay, Purpose.FadeLength)) * (_isBad ? profile.BadMs : profile.GoodMs);
}
