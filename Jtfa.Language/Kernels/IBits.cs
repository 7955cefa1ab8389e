using System.Runtime.CompilerServices;
using Jtfa.Language.Kernels.Registers;

namespace Jtfa.Language.Kernels;

/// <summary>How many bits codes have, and what is computed with them.</summary>
internal unsafe interface IBits
{
    /// <summary>Bits of a code: 3, 4, 5, 6 or 8.</summary>
    static abstract int Count { get; }

    /// <summary>Codes of the columns 4v … 4v + 3; of 8 bits those of the lower 4.</summary>
    static abstract T Load<T>(byte* planes, int v)
        where T : unmanaged, IRegister<T>;

    /// <summary>Eight times four codes times 32 bytes of activations.</summary>
    static abstract T Product<T>(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes)
        where T : unmanaged, IRegister<T>;
}

/// <summary>3 bits.</summary>
internal readonly unsafe struct Bits3 : IBits
{
    public static int Count => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* planes, int v)
        where T : unmanaged, IRegister<T> => T.Codes3(planes, v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Product<T>(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes)
        where T : unmanaged, IRegister<T> => T.Product4(w0, w1, w2, w3, w4, w5, w6, w7, codes);
}

/// <summary>4 bits.</summary>
internal readonly unsafe struct Bits4 : IBits
{
    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* planes, int v)
        where T : unmanaged, IRegister<T> => T.Codes4(planes, v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Product<T>(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes)
        where T : unmanaged, IRegister<T> => T.Product4(w0, w1, w2, w3, w4, w5, w6, w7, codes);
}

/// <summary>5 bits.</summary>
internal readonly unsafe struct Bits5 : IBits
{
    public static int Count => 5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* planes, int v)
        where T : unmanaged, IRegister<T> => T.Codes5(planes, v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Product<T>(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes)
        where T : unmanaged, IRegister<T> => T.Product5(w0, w1, w2, w3, w4, w5, w6, w7, codes);
}

/// <summary>6 bits.</summary>
internal readonly unsafe struct Bits6 : IBits
{
    public static int Count => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* planes, int v)
        where T : unmanaged, IRegister<T> => T.Codes6(planes, v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Product<T>(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes)
        where T : unmanaged, IRegister<T> => T.Product6(w0, w1, w2, w3, w4, w5, w6, w7, codes);
}

/// <summary>8 bits, multiplied half by half.</summary>
internal readonly unsafe struct Bits8 : IBits
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* planes, int v)
        where T : unmanaged, IRegister<T> => T.Codes4(planes, v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Product<T>(T w0, T w1, T w2, T w3, T w4, T w5, T w6, T w7, int* codes)
        where T : unmanaged, IRegister<T> => T.Product4(w0, w1, w2, w3, w4, w5, w6, w7, codes);
}
