namespace Jtfa.Language.Kernels.Registers;

/// <summary>
/// One vector register, as bytes, integers or numbers, so that a kernel is written once for all widths. A lane of 32 bits belongs to a
/// row of weights: what is added in a lane, and in which order, does not depend on how many lanes there are.
/// </summary>
/// <remarks>
/// Operations are coarse, since the compiler inlines only so many calls in a method; a call that is left costs more than the operation.
/// </remarks>
/// <typeparam name="T">The register itself.</typeparam>
internal unsafe interface IRegister<T>
    where T : unmanaged, IRegister<T>
{
    /// <summary>Lanes of 32 bits.</summary>
    static abstract int Lanes { get; }

    /// <summary>As many numbers of single precision as there are lanes.</summary>
    static abstract T Load(byte* from);

    /// <summary>Numbers of half precision, finite ones, as single precision.</summary>
    static abstract T LoadHalves(byte* from);

    /// <summary>Numbers of 16 bits, the upper halves of single precision.</summary>
    static abstract T LoadUpperHalves(byte* from);

    /// <summary>Numbers to memory.</summary>
    static abstract void Store(T numbers, float* to);

    /// <summary>Asks memory for a line that is read later.</summary>
    /// <param name="line">The line.</param>
    /// <param name="once">Whether it is read once only, and need not stay in the caches; a constant.</param>
    static abstract void Prefetch(byte* line, bool once);

    /// <summary>Codes of 3 bits of each lane's columns 4v … 4v + 3, as <see cref="PackedMatrix{TPacking, TBits}"/> lays them.</summary>
    static abstract T Codes3(byte* planes, int v);

    /// <summary>The same of 4 bits.</summary>
    static abstract T Codes4(byte* planes, int v);

    /// <summary>The same of 5 bits.</summary>
    static abstract T Codes5(byte* planes, int v);

    /// <summary>The same of 6 bits.</summary>
    static abstract T Codes6(byte* planes, int v);

    /// <summary>Eight times four codes a lane, of at most 4 bits, times 32 bytes of activations: a lane's exact sum, an integer.</summary>
    /// <param name="w0">The codes of a lane's columns 0 … 3.</param>
    /// <param name="w1">Those of columns 4 … 7, and so on.</param>
    /// <param name="w2">8 … 11.</param>
    /// <param name="w3">12 … 15.</param>
    /// <param name="w4">16 … 19.</param>
    /// <param name="w5">20 … 23.</param>
    /// <param name="w6">24 … 27.</param>
    /// <param name="w7">28 … 31.</param>
    /// <param name="codes">The activations, −127 … 127, four of them each.</param>
    static abstract T Product4(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes);

    /// <summary>The same for codes of 5 bits.</summary>
    static abstract T Product5(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes);

    /// <summary>The same for codes of 6 bits.</summary>
    static abstract T Product6(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes);

    /// <summary>a + 16·b, integers.</summary>
    static abstract T AddSixteenfold(T a, T b);

    /// <summary>a − b, integers.</summary>
    static abstract T Subtract(T a, int b);

    /// <summary>Numbers times as many bytes, 0 … 255.</summary>
    static abstract T MultiplyBytes(T numbers, byte* bytes);

    /// <summary>a·b + sum, rounded once.</summary>
    static abstract T MultiplyAdd(T a, float b, T sum);

    /// <summary>integers·(scale·factor) + sum: the product of both scales is rounded, then the whole.</summary>
    static abstract T MultiplyAdd(T integers, T scale, float factor, T sum);
}
