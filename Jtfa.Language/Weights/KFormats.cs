namespace Jtfa.Language.Weights;

// llama.cpp's "k-quants": blocks of 256 whose parts have scales of a few bits themselves. Layouts are those of ggml-quants.c
// (github.com/ggml-org/ggml); the search for scales is ours, so other bytes than llama.cpp's can come out for the same numbers.

/// <summary>
/// 8 parts of 32 numbers: w = d·s·q − e·m, with d and e in half precision, s and m of 6 bits a part, and codes q of 4 bits or 5.
/// </summary>
internal abstract class PartsOf32Format(uint id, string name, int bits) : WeightFormat(id, name, 256, 4 + 12 + (32 * bits))
{
    private const int Parts = 8;
    private const int PartLength = 32;
    private const int ScaleBytes = 12;
    private const int LargestScale = 63;
    private readonly int _largest = (1 << bits) - 1;

    /// <summary>Where the codes begin.</summary>
    protected const int CodesAt = 4 + ScaleBytes;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, least) = (Halves.Read(block, 0), Halves.Read(block, 2));
        for (var part = 0; part < Parts; part++)
        {
            var (s, m) = PartScale(block.Slice(4, ScaleBytes), part);
            var (step, offset) = (scale * s, least * m);
            for (var i = 0; i < PartLength; i++) values[(part * PartLength) + i] = (step * Code(block, part, i)) - offset;
        }
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        block.Clear();
        Span<float> steps = stackalloc float[Parts];
        Span<float> offsets = stackalloc float[Parts];
        for (var part = 0; part < Parts; part++)
            (steps[part], offsets[part]) = ScaleSearch.Affine(values.Slice(part * PartLength, PartLength), _largest);
        var scale = Halves.Write(block, 0, Blocks.Extreme(steps, out _) / LargestScale);
        var least = Halves.Write(block, 2, Blocks.Extreme(offsets, out _) / LargestScale);
        var (scaleInverse, leastInverse) = (Blocks.Inverse(scale), Blocks.Inverse(least));
        for (var part = 0; part < Parts; part++)
        {
            var s = (int)Math.Clamp(MathF.Round(steps[part] * scaleInverse), 0, LargestScale);
            var m = (int)Math.Clamp(MathF.Round(offsets[part] * leastInverse), 0, LargestScale);
            PutPartScale(block.Slice(4, ScaleBytes), part, s, m);
            var (inverse, offset) = (Blocks.Inverse(scale * s), least * m);
            for (var i = 0; i < PartLength; i++)
            {
                var code = (int)Math.Clamp(MathF.Round((values[(part * PartLength) + i] + offset) * inverse), 0, _largest);
                PutCode(block, part, i, code);
            }
        }
    }

    internal override void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (var n = 0; n < codes.Length; n++) codes[n] = (byte)Code(block, n / PartLength, n % PartLength);
    }

    /// <summary>The code of number i of a part.</summary>
    protected abstract int Code(ReadOnlySpan<byte> block, int part, int i);

    /// <summary>Writes the code of number i of a part into bits that are 0.</summary>
    protected abstract void PutCode(Span<byte> block, int part, int i, int code);

    /// <summary>
    /// s and m of a part. Parts 0 to 3 have their 6 bits in bytes 0 to 3 (s) and 4 to 7 (m); parts 4 to 7 have 4 of them in bytes 8 to
    /// 11, and the upper two in the upper two of bytes 0 to 7.
    /// </summary>
    internal static (int S, int M) PartScale(ReadOnlySpan<byte> packed, int part) => part < 4
        ? (packed[part] & 63, packed[part + 4] & 63)
        : ((packed[part + 4] & 15) | (packed[part - 4] >> 6 << 4), (packed[part + 4] >> 4) | (packed[part] >> 6 << 4));

    private static void PutPartScale(Span<byte> packed, int part, int s, int m)
    {
        if (part < 4)
        {
            packed[part] |= (byte)s;
            packed[part + 4] |= (byte)m;
            return;
        }

        packed[part + 4] |= (byte)((s & 15) | (m << 4));
        packed[part - 4] |= (byte)(s >> 4 << 6);
        packed[part] |= (byte)(m >> 4 << 6);
    }
}

/// <summary>Codes of 4 bits: of two parts in 32 bytes, the first in the low halves.</summary>
internal sealed class Q4_KFormat() : PartsOf32Format(12, "Q4_K", 4)
{
    protected override int Code(ReadOnlySpan<byte> block, int part, int i) =>
        (block[CodesAt + (part / 2 * 32) + i] >> (part % 2 * 4)) & 15;

    protected override void PutCode(Span<byte> block, int part, int i, int code) =>
        block[CodesAt + (part / 2 * 32) + i] |= (byte)(code << (part % 2 * 4));
}

/// <summary>The fifth bits of all parts, bit p of byte i for part p; then their lower 4 bits as Q4_K has them.</summary>
internal sealed class Q5_KFormat() : PartsOf32Format(13, "Q5_K", 5)
{
    private const int LowAt = CodesAt + 32;

    protected override int Code(ReadOnlySpan<byte> block, int part, int i) =>
        ((block[LowAt + (part / 2 * 32) + i] >> (part % 2 * 4)) & 15) | (((block[CodesAt + i] >> part) & 1) << 4);

    protected override void PutCode(Span<byte> block, int part, int i, int code)
    {
        block[LowAt + (part / 2 * 32) + i] |= (byte)((code & 15) << (part % 2 * 4));
        block[CodesAt + i] |= (byte)(code >> 4 << part);
    }
}

/// <summary>
/// 16 parts of 16 numbers: w = d·s·q with s a signed byte a part and q of 6 bits, −32 … 31. Of each half of 128 numbers, number
/// 32·r + i has its lower 4 bits in byte (r mod 2)·32 + i of 64, in the low halves for r below 2; its upper two are bits 2r and 2r + 1 of
/// byte i of 32.
/// </summary>
internal sealed class Q6_KFormat() : WeightFormat(14, "Q6_K", 256, 210)
{
    private const int HighAt = 128;
    private const int ScalesAt = 192;
    private const int ScaleAt = 208;
    private const int PartLength = 16;
    private const int LargestScale = 127;

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = Halves.Read(block, ScaleAt);
        for (var n = 0; n < values.Length; n++)
        {
            var (low, high) = Bits(block, n);
            values[n] = scale * (sbyte)block[ScalesAt + (n / PartLength)] * ((low | (high << 4)) - 32);
        }
    }

    /// <summary>The lower four bits and the upper two of code n.</summary>
    internal static (int Low, int High) Bits(ReadOnlySpan<byte> block, int n)
    {
        var (half, r, i) = (n / 128, n / 32 % 4, n % 32);
        return ((block[(half * 64) + (r % 2 * 32) + i] >> (r / 2 * 4)) & 15, (block[HighAt + (half * 32) + i] >> (2 * r)) & 3);
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        block.Clear();
        Span<float> steps = stackalloc float[values.Length / PartLength];
        for (var part = 0; part < steps.Length; part++)
            steps[part] = ScaleSearch.Symmetric(values.Slice(part * PartLength, PartLength), 32);
        var scale = Halves.Write(block, ScaleAt, Blocks.Extreme(steps, out _) / LargestScale);
        var scaleInverse = Blocks.Inverse(scale);
        for (var part = 0; part < steps.Length; part++)
        {
            var s = (int)Math.Clamp(MathF.Round(steps[part] * scaleInverse), -LargestScale, LargestScale);
            block[ScalesAt + part] = (byte)(sbyte)s;
            var inverse = Blocks.Inverse(scale * s);
            for (var n = part * PartLength; n < (part + 1) * PartLength; n++)
            {
                var code = (int)Math.Clamp(MathF.Round(values[n] * inverse), -32, 31) + 32;
                var (half, r, i) = (n / 128, n / 32 % 4, n % 32);
                block[(half * 64) + (r % 2 * 32) + i] |= (byte)((code & 15) << (r / 2 * 4));
                block[HighAt + (half * 32) + i] |= (byte)(code >> 4 << (2 * r));
            }
        }
    }
}
