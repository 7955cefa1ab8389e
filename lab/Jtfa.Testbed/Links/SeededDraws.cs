namespace Jtfa.Testbed.Links;

/// <summary>
/// Random numbers that are a function of seed, link, packet and purpose, so that no draw shifts another: SplitMix64's output function
/// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) over a counter.
/// </summary>
internal readonly struct SeededDraws(ulong seed, int link)
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private readonly ulong _key = Mix(Mix(seed + GoldenGamma) + ((ulong)(uint)link * GoldenGamma) + 1);

    /// <summary>A uniform number in (0, 1), never 0 or 1.</summary>
    /// <param name="packet">The packet's number.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="attempt">Which of several for the same purpose.</param>
    public double Uniform(long packet, Purpose purpose, int attempt = 0)
    {
        var bits = Mix(Mix(_key + ((ulong)packet * GoldenGamma)) + (((((ulong)purpose) << 32) | (uint)attempt) * GoldenGamma));
        return ((bits >> 11) + 0.5) * (1.0 / (1UL << 53));
    }

    /// <summary>Whether an event of some probability happens; never at 0, always at 1.</summary>
    public bool Happens(double probability, long packet, Purpose purpose) => Uniform(packet, purpose) < probability;

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>What a random number is for.</summary>
internal enum Purpose
{
    Loss = 1,
    BurstState,
    BurstLoss,
    Delay,
    Reorder,
    Duplicate,
    CopyDelay,
    FadeState,
    FadeLength,
    FadeLoss,
}
