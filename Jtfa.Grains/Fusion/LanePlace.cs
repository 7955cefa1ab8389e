namespace Jtfa.Grains;

/// <summary>Finds out whether a lane's tokens come from another silo's gateway for good, so that the lane moves there.</summary>
/// <param name="here">The silo that the lane is on.</param>
/// <param name="clock">The clock.</param>
internal sealed class LanePlace(SiloAddress here, TimeProvider clock)
{
    // Cameras that fall back to another gateway for a moment must not take their lanes to and fro.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private SiloAddress? _elsewhere;
    private long _since;

    /// <summary>Counts a batch.</summary>
    /// <param name="gateway">The silo whose gateway sent it; null where that is not known.</param>
    /// <returns>The silo to move to; null to stay. Only one silo has sent for 5 s where it is not null, and it is not this one.</returns>
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
