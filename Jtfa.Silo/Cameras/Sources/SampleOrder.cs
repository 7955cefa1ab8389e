namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// Fixed hashes, the same in every process and version, so that cameras that do not communicate use the same sample for a tick. The mixing
/// function is SplitMix64's (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
/// </summary>
public static class SampleOrder
{
    internal const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>Which of the samples belongs to a tick: shuffled, equal for all cameras.</summary>
    /// <param name="tick">The tick's number.</param>
    /// <param name="count">Number of samples, 1 or more.</param>
    /// <returns>0 … count − 1.</returns>
    public static int IndexOf(long tick, int count) => (int)(Mix((ulong)tick) % (ulong)count);

    /// <summary>A seed of its own for each combination of the two numbers.</summary>
    public static ulong Seed(long first, long second) => Mix(Mix((ulong)first) ^ (ulong)second);

    internal static ulong Mix(ulong value)
    {
        var z = value + Golden;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
