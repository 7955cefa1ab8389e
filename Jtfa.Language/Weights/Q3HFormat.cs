namespace Jtfa.Language.Weights;

/// <summary>
/// Inferflow's 3.5-bit format: numbers of eleven levels, 0 … 10, two of them as q0 + 11·q1 in 7 bits. After base and scale in half
/// precision come the pairs' highest bits, 8 a byte; their bits 4 and 5, 4 pairs a byte; their lower 4 bits, 2 pairs a byte; the first pair
/// always in the lowest bits. (Wang, Shi and Tu, "Inferflow", 2024, section 3.1; its authors' files have this order of bits.)
/// </summary>
/// <param name="id">The type's number.</param>
/// <param name="blockLength">Numbers of a block.</param>
internal sealed class Q3HFormat(uint id, int blockLength)
    : WeightFormat(id, $"Q3H_B{blockLength}", blockLength, 4 + (7 * blockLength / 16))
{
    /// <summary>Levels of a number.</summary>
    internal const int Levels = 11;

    private readonly int _pairs = blockLength / 2;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (origin, scale) = (Halves.Read(block, 0), Halves.Read(block, 2));
        Span<byte> codes = stackalloc byte[values.Length];
        Codes(block, codes);
        for (var i = 0; i < codes.Length; i++) values[i] = origin + (scale * codes[i]);
    }

    /// <summary>The codes of a block, 0 … 10. A damaged file's pairs beyond 120 are both the largest.</summary>
    internal static void Codes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        var pairs = codes.Length / 2;
        var high = block[4..];
        var middle = high[(pairs / 8)..];
        var low = middle[(pairs / 4)..];
        for (var i = 0; i < pairs; i++)
        {
            var pair = ((low[i / 2] >> (i % 2 * 4)) & 15)
                | (((middle[i / 4] >> (i % 4 * 2)) & 3) << 4)
                | (((high[i / 8] >> (i % 8)) & 1) << 6);
            pair = Math.Min(pair, (Levels * Levels) - 1);
            (codes[2 * i], codes[(2 * i) + 1]) = ((byte)(pair % Levels), (byte)(pair / Levels));
        }
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        var (origin, inverse) = AffineFormat.WriteRange(values, Levels - 1, block);
        var high = block[4..];
        var middle = high[(_pairs / 8)..];
        var low = middle[(_pairs / 4)..];
        high.Clear();
        for (var i = 0; i < _pairs; i++)
        {
            var pair = AffineFormat.Code(values[2 * i], origin, inverse, Levels - 1)
                + (Levels * AffineFormat.Code(values[(2 * i) + 1], origin, inverse, Levels - 1));
            high[i / 8] |= (byte)((pair >> 6) << (i % 8));
            middle[i / 4] |= (byte)(((pair >> 4) & 3) << (i % 4 * 2));
            low[i / 2] |= (byte)((pair & 15) << (i % 2 * 4));
        }
    }
}
