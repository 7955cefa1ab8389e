namespace Jtfa.Language.Kernels.Registers;

/// <summary>
/// One vector register, as bytes, integers or numbers, so that a kernel is written once for all widths. A lane of 32 bits belongs to a
/// row of weights: what is added in a lane, and in which order, does not depend on how many lanes there are.
/// </summary>
/// <typeparam name="T">The register itself.</typeparam>
internal unsafe interface IRegister<T>
    where T : unmanaged, IRegister<T>
{
    /// <summary>Lanes of 32 bits.</summary>
    static abstract int Lanes { get; }

    /// <summary>Bytes as they are, a lane's four at a time.</summary>
    static abstract T Load(byte* from);

    /// <summary>As many numbers of half precision as there are lanes, finite ones, as single precision.</summary>
    static abstract T LoadHalves(byte* from);

    /// <summary>As many numbers of 16 bits as there are lanes, the upper halves of single precision.</summary>
    static abstract T LoadUpperHalves(byte* from);

    /// <summary>As many bytes as there are lanes, 0 … 255, as single precision.</summary>
    static abstract T LoadBytes(byte* from);

    /// <summary>Numbers of single precision to memory.</summary>
    static abstract void Store(T numbers, float* to);

    /// <summary>Asks memory for a line that is read later, once.</summary>
    static abstract void Prefetch(byte* line);

    /// <summary>Some bits of each byte, moved to the right, or to the left where <paramref name="right"/> is negative.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="right">By how many bits, −7 … 7, a constant.</param>
    /// <param name="mask">The bits that are kept, where they are afterwards.</param>
    static abstract T Bits(T bytes, int right, byte mask);

    /// <summary>Bits that are set in either.</summary>
    static abstract T Or(T a, T b);

    /// <summary>Eight times four codes a lane times 32 bytes of activations: a lane's exact sum, an integer.</summary>
    /// <param name="w0">The codes of a lane's columns 0 … 3, from 0 to 2^<paramref name="bits"/> − 1.</param>
    /// <param name="w1">Those of columns 4 … 7, and so on.</param>
    /// <param name="w2">8 … 11.</param>
    /// <param name="w3">12 … 15.</param>
    /// <param name="w4">16 … 19.</param>
    /// <param name="w5">20 … 23.</param>
    /// <param name="w6">24 … 27.</param>
    /// <param name="w7">28 … 31.</param>
    /// <param name="codes">The activations, −127 … 127, four of them each.</param>
    /// <param name="bits">Bits of a code, at most 6, a constant.</param>
    static abstract T Product(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes, int bits);

    /// <summary>a + 16·b, integers.</summary>
    static abstract T AddSixteenfold(T a, T b);

    /// <summary>a − b, integers.</summary>
    static abstract T Subtract(T a, int b);

    /// <summary>Integers as numbers.</summary>
    static abstract T ToSingle(T integers);

    /// <summary>a·b, numbers.</summary>
    static abstract T Multiply(T a, T b);

    /// <summary>a·b, numbers.</summary>
    static abstract T Multiply(T a, float b);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract T MultiplyAdd(T a, float b, T c);
}
