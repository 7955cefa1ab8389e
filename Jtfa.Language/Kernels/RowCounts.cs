namespace Jtfa.Language.Kernels;

/// <summary>
/// How many rows of activations a kernel multiplies at once. As a type it is known when a kernel is compiled, so that one method serves
/// every count, without a test in its loop.
/// </summary>
internal interface IRowCount
{
    /// <summary>1 … 4.</summary>
    static abstract int Count { get; }
}

internal readonly struct OneRow : IRowCount
{
    public static int Count => 1;
}

internal readonly struct TwoRows : IRowCount
{
    public static int Count => 2;
}

internal readonly struct ThreeRows : IRowCount
{
    public static int Count => 3;
}

internal readonly struct FourRows : IRowCount
{
    public static int Count => 4;
}
