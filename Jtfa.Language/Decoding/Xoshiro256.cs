using System.Numerics;

namespace Jtfa.Language.Decoding;

/// <summary>
/// Random numbers that are the same on every machine: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2021), seeded by SplitMix64 as its authors ask. Its whole state is four numbers.
/// </summary>
/// <param name="S0">First number of the state.</param>
/// <param name="S1">Second number.</param>
/// <param name="S2">Third number.</param>
/// <param name="S3">Fourth number; not all four are 0.</param>
public record struct Xoshiro256(ulong S0, ulong S1, ulong S2, ulong S3)
{
    /// <summary>The state that a seed begins with.</summary>
    public static Xoshiro256 Seeded(ulong seed)
    {
        ulong Next()
        {
            var z = seed += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
        return new Xoshiro256(Next(), Next(), Next(), Next());
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(S1 * 5, 7) * 9;
        var t = S1 << 17;
        S2 ^= S0;
        S3 ^= S1;
        S1 ^= S2;
        S0 ^= S3;
        S2 ^= t;
        S3 = BitOperations.RotateLeft(S3, 45);
        return result;
    }

    /// <summary>The next number from 0 to below 1, a multiple of 2^-53.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}
