using System.Diagnostics.CodeAnalysis;

namespace Jtfa.Core;

/// <summary>To how many levels an encoded vector's numbers are rounded. Version 1 of the wire has int8 alone.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "What quantisers are called.")]
public enum TokenQuantiser : byte
{
    /// <summary>−127 … 127; a byte a number.</summary>
    Int8,

    /// <summary>−7 … 7; two numbers a byte.</summary>
    Int4,

    /// <summary>−5 … 5, 11 levels; two numbers in 7 bits, so that a token has an even number of them.</summary>
    Q3H,
}
