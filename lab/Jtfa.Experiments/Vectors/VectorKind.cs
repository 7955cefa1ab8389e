using System.Diagnostics.CodeAnalysis;

namespace Jtfa.Experiments.Vectors;

/// <summary>What is sent instead of a token.</summary>
public enum VectorKind : byte
{
    /// <summary>The backbone's penultimate vector.</summary>
    Penultimate,

    /// <summary>What its last convolution block gives its dense layer.</summary>
    FeatureMap,
}

/// <summary>How a vector's numbers are sent.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "These are the formats' names.")]
public enum VectorFormat : byte
{
    /// <summary>A byte each and one scale, as tokens encoded plain.</summary>
    Int8,

    /// <summary>Four bytes each, IEEE 754, little-endian.</summary>
    Fp32,
}
