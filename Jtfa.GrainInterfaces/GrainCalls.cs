namespace Jtfa.Interfaces;

/// <summary>Calls of grains.</summary>
public static class GrainCalls
{
    /// <summary>
    /// Whether a call failed since the grain was not there: its silo stops, hangs or has died, or the grain is being placed or registered
    /// elsewhere. That passes, so the call is made again. It may have been carried out all the same.
    /// </summary>
    public static bool IsAway(Exception fault)
    {
        ArgumentNullException.ThrowIfNull(fault);

        // Placement and Orleans' grain directory throw the base class itself. An enumeration is aborted when its grain has ended.
        return fault is OrleansMessageRejectionException or TimeoutException or EnumerationAbortedException
            || fault.GetType() == typeof(OrleansException);
    }
}
