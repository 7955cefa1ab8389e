namespace Jtfa.Language.Weights;

/// <summary>
/// Inferflow's formats of whole bits: a base and a scale in half precision, then codes of equally many bits behind one another, the first
/// in the lowest bits. A number is base + scale·code, base the block's least number and scale its range over the largest code.
/// </summary>
/// <param name="id">The type's number.</param>
/// <param name="bits">Bits of a code.</param>
/// <param name="blockLength">Numbers of a block.</param>
internal sealed class AffineFormat(uint id, int bits, int blockLength)
    : WeightFormat(id, $"Q{bits}_B{blockLength}", blockLength, 4 + (bits * blockLength / 8))
{
    private readonly int _largest = (1 << bits) - 1;

    internal override void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        var (held, count, at) = (0u, 0, 4);
        for (var i = 0; i < codes.Length; i++)
        {
            if (count < bits)
            {
                held |= (uint)block[at++] << count;
                count += 8;
            }

            codes[i] = (byte)(held & (uint)_largest);
            held >>= bits;
            count -= bits;
        }
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (origin, scale) = (Halves.Read(block, 0), Halves.Read(block, 2));
        Span<byte> codes = stackalloc byte[BlockLength];
        ReadCodes(block, codes);
        for (var i = 0; i < values.Length; i++) values[i] = origin + (scale * codes[i]);
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        var (origin, inverse) = WriteRange(values, _largest, block);
        var (held, count, at) = (0u, 0, 4);
        foreach (var value in values)
        {
            held |= (uint)Code(value, origin, inverse, _largest) << count;
            count += bits;
            for (; count >= 8; count -= 8, held >>= 8) block[at++] = (byte)held;
        }
    }

    /// <summary>Writes base and scale of a block.</summary>
    /// <returns>The base as it is read again, and 1/scale.</returns>
    public static (float Origin, float Inverse) WriteRange(ReadOnlySpan<float> values, int largestCode, Span<byte> block)
    {
        var (least, most) = Blocks.Range(values);
        var origin = Halves.Write(block, 0, least);
        return (origin, Blocks.Inverse(Halves.Write(block, 2, (most - least) / largestCode)));
    }

    /// <summary>The code of a number: (w − base)/scale, rounded.</summary>
    public static int Code(float value, float origin, float inverse, int largest) =>
        Math.Clamp((int)(((value - origin) * inverse) + 0.5f), 0, largest);
}
