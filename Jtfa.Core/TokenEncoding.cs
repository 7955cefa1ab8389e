namespace Jtfa.Core;

/// <summary>How a token's vector was prepared before it was quantised to int8.</summary>
public enum TokenEncoding : byte
{
    /// <summary>The vector as it is.</summary>
    Plain,

    /// <summary>Seeded permutation and sign flips.</summary>
    PsMix,

    /// <summary>Seeded sign flips, then a fast Walsh–Hadamard transform.</summary>
    HMix,
}
