namespace Jtfa.Core;

/// <summary>Reads a clock as the wire writes times: seconds since 1970.</summary>
public static class UnixClock
{
    /// <summary>Now, in seconds since 1970 UTC; resolved to about 0.25 µs by the double.</summary>
    public static double UnixSeconds(this TimeProvider clock) =>
        (clock.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond;
}
