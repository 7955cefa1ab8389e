using System.Runtime.CompilerServices;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels.Registers;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Numbers of single or half precision, multiplied with activations of single precision. A row's product is added column after column,
/// by one fused multiplication and addition each: the same, bit for bit, on every processor and in any batch. A group of 16 rows has the
/// first column of all 16, then the second, and so on.
/// </summary>
/// <typeparam name="TNumber">How the numbers are stored.</typeparam>
internal sealed unsafe class FloatMatrix<TNumber>(GgufFile file, GgufTensor tensor, int first, int count)
    : GroupedMatrix(file, tensor, first, count, checked(Group * TNumber.Bytes * (int)tensor.Columns))
    where TNumber : struct, IStoredNumber
{
    // Columns and rows of activations that are in the first cache together with the weights that they are multiplied with.
    private const int TileColumns = 128;
    private const int TileRows = 32;
    private const int Together = 4;
    private const int TileVectors = 2;

    internal override void Multiply(ActivationBlocks x, float* y, int stride, int from, int to, InstructionSet instructions)
    {
        switch (instructions)
        {
            case InstructionSet.Avx512:
                Multiply<Register512>(x, y, stride, from, to);
                break;
            case InstructionSet.AvxVnni or InstructionSet.Avx2:
                Multiply<Register256<Off>>(x, y, stride, from, to);
                break;
            case InstructionSet.NeonDot or InstructionSet.Neon:
                Multiply<Register128<Off>>(x, y, stride, from, to);
                break;
            default:
                for (var row = from; row < to; row++)
                    for (var i = 0; i < x.Rows; i++) y[((long)i * stride) + row] = Plain(x.Numbers + ((long)i * Columns), row);
                break;
        }
    }

    protected override void PutRow(WeightFormat format, ReadOnlySpan<byte> stored, int row, Span<byte> group)
    {
        for (var column = 0; column < Columns; column++)
            stored.Slice(column * TNumber.Bytes, TNumber.Bytes).CopyTo(group[(((column * Group) + row) * TNumber.Bytes)..]);
    }

    private float Plain(float* x, int row)
    {
        var product = 0f;
        var weights = GroupOf(row) + (row % Group * TNumber.Bytes);
        for (var column = 0; column < Columns; column++, weights += Group * TNumber.Bytes)
            product = MathF.FusedMultiplyAdd(TNumber.Read(weights), x[column], product);
        return product;
    }

    private void Multiply<T>(ActivationBlocks x, float* y, int stride, int from, int to)
        where T : unmanaged, IRegister<T>
    {
        var i = 0;
        for (; x.Rows - i >= Together; i += Math.Min(TileRows, (x.Rows - i) / Together * Together))
            Tiles<T>(x, i, Math.Min(TileRows, (x.Rows - i) / Together * Together), y, stride, from, to);
        var products = stackalloc float[4 * T.Lanes];
        for (; i < x.Rows; i++)
        {
            for (var row = from; row < to; row += 4 * T.Lanes)
            {
                One<T>(x.Numbers + ((long)i * Columns), row, products);
                Copy(products, y + ((long)i * stride) + row, Math.Min(4 * T.Lanes, to - row));
            }
        }
    }

    // The vector of T.Lanes rows from a row on, or of the matrix's last rows where there is none.
    private byte* VectorOf<T>(int row)
        where T : unmanaged, IRegister<T>
    {
        row = Math.Min(row, Rows - 1);
        return GroupOf(row) + (row % Group / T.Lanes * T.Lanes * TNumber.Bytes);
    }

    // Four vectors of rows with one row of activations: as many sums as hide how long an addition takes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void One<T>(float* x, int row, float* products)
        where T : unmanaged, IRegister<T>
    {
        T s0 = default, s1 = default, s2 = default, s3 = default;
        var w0 = VectorOf<T>(row);
        var w1 = VectorOf<T>(row + T.Lanes);
        var w2 = VectorOf<T>(row + (2 * T.Lanes));
        var w3 = VectorOf<T>(row + (3 * T.Lanes));
        for (nint at = 0, end = (nint)Columns * Group * TNumber.Bytes; at < end; at += Group * TNumber.Bytes, x++)
        {
            T.Prefetch(w0 + at + Ahead, once: true);
            T.Prefetch(w1 + at + Ahead, once: true);
            T.Prefetch(w2 + at + Ahead, once: true);
            T.Prefetch(w3 + at + Ahead, once: true);
            s0 = T.MultiplyAdd(TNumber.Load<T>(w0 + at), *x, s0);
            s1 = T.MultiplyAdd(TNumber.Load<T>(w1 + at), *x, s1);
            s2 = T.MultiplyAdd(TNumber.Load<T>(w2 + at), *x, s2);
            s3 = T.MultiplyAdd(TNumber.Load<T>(w3 + at), *x, s3);
        }

        T.Store(s0, products);
        T.Store(s1, products + T.Lanes);
        T.Store(s2, products + (2 * T.Lanes));
        T.Store(s3, products + (3 * T.Lanes));
    }

    // Several rows of activations, tile by tile; the sums go on where the tile before ended.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tiles<T>(ActivationBlocks x, int first, int rows, float* y, int stride, int from, int to)
        where T : unmanaged, IRegister<T>
    {
        var sums = stackalloc float[TileRows * TileVectors * T.Lanes];
        var weights = stackalloc float[TileColumns * TileVectors * T.Lanes];
        for (var row = from; row < to; row += TileVectors * T.Lanes)
        {
            new Span<float>(sums, rows * TileVectors * T.Lanes).Clear();
            var w0 = VectorOf<T>(row);
            var w1 = VectorOf<T>(row + T.Lanes);
            for (var column = 0; column < Columns; column += TileColumns)
            {
                var count = Math.Min(TileColumns, Columns - column);
                for (var c = 0; c < count; c++)
                {
                    var at = (nint)(column + c) * Group * TNumber.Bytes;
                    T.Store(TNumber.Load<T>(w0 + at), weights + (c * TileVectors * T.Lanes));
                    T.Store(TNumber.Load<T>(w1 + at), weights + (c * TileVectors * T.Lanes) + T.Lanes);
                }

                for (var i = 0; i < rows; i += Together)
                {
                    var numbers = x.Numbers + ((long)(first + i) * Columns) + column;
                    Tile<T>(weights, numbers, Columns, count, sums + (i * TileVectors * T.Lanes));
                }
            }

            for (var i = 0; i < rows; i++)
            {
                var products = sums + (i * TileVectors * T.Lanes);
                Copy(products, y + ((long)(first + i) * stride) + row, Math.Min(TileVectors * T.Lanes, to - row));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<T>(float* weights, float* x, long stride, int count, float* sums)
        where T : unmanaged, IRegister<T>
    {
        var (s0, t0) = (Sum<T>(sums, 0), Sum<T>(sums, 1));
        var (s1, t1) = (Sum<T>(sums, 2), Sum<T>(sums, 3));
        var (s2, t2) = (Sum<T>(sums, 4), Sum<T>(sums, 5));
        var (s3, t3) = (Sum<T>(sums, 6), Sum<T>(sums, 7));
        for (var c = 0; c < count; c++, x++, weights += TileVectors * T.Lanes)
        {
            var (v, w) = (Sum<T>(weights, 0), Sum<T>(weights, 1));
            s0 = T.MultiplyAdd(v, x[0], s0);
            t0 = T.MultiplyAdd(w, x[0], t0);
            s1 = T.MultiplyAdd(v, x[stride], s1);
            t1 = T.MultiplyAdd(w, x[stride], t1);
            s2 = T.MultiplyAdd(v, x[2 * stride], s2);
            t2 = T.MultiplyAdd(w, x[2 * stride], t2);
            s3 = T.MultiplyAdd(v, x[3 * stride], s3);
            t3 = T.MultiplyAdd(w, x[3 * stride], t3);
        }

        Put(s0, sums, 0);
        Put(t0, sums, 1);
        Put(s1, sums, 2);
        Put(t1, sums, 3);
        Put(s2, sums, 4);
        Put(t2, sums, 5);
        Put(s3, sums, 6);
        Put(t3, sums, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Sum<T>(float* sums, int v)
        where T : unmanaged, IRegister<T> => T.Load((byte*)(sums + (v * T.Lanes)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<T>(T sum, float* sums, int v)
        where T : unmanaged, IRegister<T> => T.Store(sum, sums + (v * T.Lanes));

    private static void Copy(float* from, float* to, int count) =>
        new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
}

/// <summary>A number as it is stored.</summary>
internal unsafe interface IStoredNumber
{
    /// <summary>Its bytes.</summary>
    static abstract int Bytes { get; }

    /// <summary>One of them.</summary>
    static abstract float Read(byte* from);

    /// <summary>As many as a register has lanes.</summary>
    static abstract T Load<T>(byte* from)
        where T : unmanaged, IRegister<T>;
}

internal readonly unsafe struct SingleNumber : IStoredNumber
{
    public static int Bytes => 4;

    public static float Read(byte* from) => *(float*)from;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* from)
        where T : unmanaged, IRegister<T> => T.Load(from);
}

internal readonly unsafe struct HalfNumber : IStoredNumber
{
    public static int Bytes => 2;

    public static float Read(byte* from) => (float)*(Half*)from;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* from)
        where T : unmanaged, IRegister<T> => T.LoadHalves(from);
}

internal readonly unsafe struct UpperHalfNumber : IStoredNumber
{
    public static int Bytes => 2;

    public static float Read(byte* from) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)from << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* from)
        where T : unmanaged, IRegister<T> => T.LoadUpperHalves(from);
}
