namespace Jtfa.Grains;

/// <summary>Finds out whether only another silo's gateway sends a lane's tokens, so that the lane moves there.</summary>
/// <param name="here">The silo that the lane is on.</param>
/// <param name="clock">The clock.</param>
internal sealed class LanePlace(SiloAddress here, TimeProvider clock)
{
    // Cameras that use another gateway for a moment must not make their lanes move there and back.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private SiloAddress? _elsewhere;
    private long _since;

    /// <summary>Counts a batch.</summary>
    /// <param name="gateway">The silo whose gateway sent it; null where that is not known.</param>
    /// <returns>Another silo, where it alone has sent for 5 s: the lane is to move there. Else null: the lane is to stay.</returns>
    public SiloAddress? Count(SiloAddress? gateway)
    {
        if (gateway is null || gateway.Equals(here))
        {
            _elsewhere = null;
            return null;
        }

        if (!gateway.Equals(_elsewhere)) (_elsewhere, _since) = (gateway, clock.GetTimestamp());
        return clock.GetElapsedTime(_since) >= s_patience ? gateway : null;
    }
}
