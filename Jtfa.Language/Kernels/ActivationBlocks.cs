using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Rows of activations, and the same as signed bytes in blocks of 32 with a scale each: a number is nearly scale·code, scale being the
/// block's largest magnitude over 127. Grows with what is asked of it.
/// </summary>
public sealed unsafe class ActivationBlocks : IDisposable
{
    /// <summary>Numbers of a block.</summary>
    public const int BlockLength = 32;

    private NativeBuffer<sbyte> _codes = new(0);
    private NativeBuffer<float> _scales = new(0);
    private NativeBuffer<int> _sums = new(0);
    private NativeBuffer<short> _halfSums = new(0);
    private NativeBuffer<float> _scaledSums = new(0);

    /// <summary>Rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Numbers of a row.</summary>
    public int Columns { get; private set; }

    /// <summary>Blocks of a row.</summary>
    public int Blocks => Columns / BlockLength;

    /// <summary>Whether the rows are there as bytes, too.</summary>
    internal bool IsEncoded { get; set; }

    /// <summary>The numbers themselves, rows × columns.</summary>
    internal float* Numbers { get; private set; }

    /// <summary>rows × columns.</summary>
    internal sbyte* Codes => _codes.Address;

    /// <summary>rows × blocks.</summary>
    internal float* Scales => _scales.Address;

    /// <summary>The sums of the blocks' codes, rows × blocks.</summary>
    internal int* Sums => _sums.Address;

    /// <summary>The sums of each block's first 16 codes and of its last, rows × blocks × 2.</summary>
    internal short* HalfSums => _halfSums.Address;

    /// <summary>Those sums times the scales, rows × blocks: nearly the sums of the numbers.</summary>
    internal float* ScaledSums => _scaledSums.Address;

    /// <inheritdoc/>
    public void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
        _sums.Dispose();
        _halfSums.Dispose();
        _scaledSums.Dispose();
    }

    /// <summary>Takes rows as they are.</summary>
    internal void Set(float* numbers, int rows, int columns)
    {
        (Rows, Columns, IsEncoded) = (rows, columns, false);
        Numbers = numbers;
    }

    /// <summary>Makes room for the bytes of the rows.</summary>
    internal void Reserve()
    {
        var length = (long)Rows * Columns;
        if (_codes.Length >= length) return;
        Dispose();
        (_codes, _scales) = (new(length), new(length / BlockLength));
        (_sums, _halfSums, _scaledSums) = (new(length / BlockLength), new(2 * length / BlockLength), new(length / BlockLength));
    }

    /// <summary>Turns some rows to bytes, codes rounded to the nearest, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Encode(int from, int to)
    {
        for (var block = (long)from * Blocks; block < (long)to * Blocks; block++)
        {
            var numbers = Numbers + (block * BlockLength);
            var (a, b) = (Vector256.Load(numbers), Vector256.Load(numbers + 8));
            var (c, d) = (Vector256.Load(numbers + 16), Vector256.Load(numbers + 24));
            var most = Vector256.Max(
                Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
            var largest = 0f;
            for (var lane = 0; lane < 8; lane++) largest = Math.Max(largest, most.GetElement(lane));
            var scale = largest / 127;
            var inverse = Vector256.Create(scale == 0 ? 0 : 1 / scale);
            var low = Vector256.Narrow(Rounded(a * inverse), Rounded(b * inverse));
            var high = Vector256.Narrow(Rounded(c * inverse), Rounded(d * inverse));
            Vector256.Narrow(low, high).Store(Codes + (block * BlockLength));
            Scales[block] = scale;
            var (first, last) = (Vector256.Sum(low), Vector256.Sum(high)); // at most 16·127, which 16 bits hold
            (HalfSums[2 * block], HalfSums[(2 * block) + 1]) = (first, last);
            Sums[block] = first + last;
            ScaledSums[block] = scale * Sums[block];
        }
    }

    private static Vector256<int> Rounded(Vector256<float> numbers) => Vector256.ConvertToInt32(Vector256.Round(numbers));
}
