using System.Buffers.Binary;

namespace Jtfa.Language.Weights;

// llama.cpp's first formats: blocks of 32, number i in the low half of byte i, number i + 16 in its high half. Layouts and roundings are
// those of ggml-quants.c (github.com/ggml-org/ggml), so that files are exchanged bit for bit.

/// <summary>A scale and 32 signed bytes.</summary>
internal sealed class Q8_0Format() : WeightFormat(8, "Q8_0", 32, 34)
{
    internal override void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (var i = 0; i < codes.Length; i++) codes[i] = (byte)(block[2 + i] ^ 0x80); // from 0 on, 128 for 0
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = Halves.Read(block, 0);
        for (var i = 0; i < values.Length; i++) values[i] = scale * (sbyte)block[2 + i];
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        var scale = Blocks.Extreme(values, out _) / 127;
        Halves.Write(block, 0, scale);
        var inverse = Blocks.Inverse(scale);
        for (var i = 0; i < values.Length; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
    }
}

/// <summary>A scale and 32 numbers of 4 bits, −8 … 7.</summary>
internal sealed class Q4_0Format() : WeightFormat(2, "Q4_0", 32, 18)
{
    internal override void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes) => Blocks.FourBits(block[2..], codes);

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = Halves.Read(block, 0);
        for (var i = 0; i < 16; i++)
        {
            values[i] = scale * ((block[2 + i] & 15) - 8);
            values[i + 16] = scale * ((block[2 + i] >> 4) - 8);
        }
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        Blocks.Extreme(values, out var extreme);
        var scale = extreme / -8;
        Halves.Write(block, 0, scale);
        var inverse = Blocks.Inverse(scale);
        int Code(float value) => Math.Min(15, (int)((value * inverse) + 8.5f));
        for (var i = 0; i < 16; i++) block[2 + i] = (byte)(Code(values[i]) | (Code(values[i + 16]) << 4));
    }
}

/// <summary>A scale, a least number, and 32 numbers of 4 bits, 0 … 15.</summary>
internal sealed class Q4_1Format() : WeightFormat(3, "Q4_1", 32, 20)
{
    internal override void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes) => Blocks.FourBits(block[4..], codes);

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, least) = (Halves.Read(block, 0), Halves.Read(block, 2));
        for (var i = 0; i < 16; i++)
        {
            values[i] = ((block[4 + i] & 15) * scale) + least;
            values[i + 16] = ((block[4 + i] >> 4) * scale) + least;
        }
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        var (least, most) = Blocks.Range(values);
        var scale = (most - least) / 15;
        Halves.Write(block, 0, scale);
        Halves.Write(block, 2, least);
        var inverse = Blocks.Inverse(scale);
        int Code(float value) => Math.Min(15, (int)(((value - least) * inverse) + 0.5f));
        for (var i = 0; i < 16; i++) block[4 + i] = (byte)(Code(values[i]) | (Code(values[i + 16]) << 4));
    }
}

/// <summary>A scale, 32 fifth bits, and the lower 4 bits of 32 numbers, −16 … 15.</summary>
internal sealed class Q5_0Format() : WeightFormat(6, "Q5_0", 32, 22)
{
    internal override void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        for (var i = 0; i < codes.Length; i++) codes[i] = (byte)Blocks.FiveBits(block[6..], high, i);
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, high) = (Halves.Read(block, 0), BinaryPrimitives.ReadUInt32LittleEndian(block[2..]));
        for (var i = 0; i < 32; i++) values[i] = scale * (Blocks.FiveBits(block[6..], high, i) - 16);
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        Blocks.Extreme(values, out var extreme);
        var scale = extreme / -16;
        Halves.Write(block, 0, scale);
        var inverse = Blocks.Inverse(scale);
        Span<byte> codes = stackalloc byte[32];
        for (var i = 0; i < 32; i++) codes[i] = (byte)Math.Min(31, (int)((values[i] * inverse) + 16.5f));
        BinaryPrimitives.WriteUInt32LittleEndian(block[2..], Blocks.PutFiveBits(codes, block[6..]));
    }
}

/// <summary>A scale, a least number, 32 fifth bits, and the lower 4 bits of 32 numbers, 0 … 31.</summary>
internal sealed class Q5_1Format() : WeightFormat(7, "Q5_1", 32, 24)
{
    internal override void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes)
    {
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        for (var i = 0; i < codes.Length; i++) codes[i] = (byte)Blocks.FiveBits(block[8..], high, i);
    }

    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values)
    {
        var (scale, least) = (Halves.Read(block, 0), Halves.Read(block, 2));
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        for (var i = 0; i < 32; i++) values[i] = (Blocks.FiveBits(block[8..], high, i) * scale) + least;
    }

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        var (least, most) = Blocks.Range(values);
        var scale = (most - least) / 31;
        Halves.Write(block, 0, scale);
        Halves.Write(block, 2, least);
        var inverse = Blocks.Inverse(scale);
        Span<byte> codes = stackalloc byte[32];
        for (var i = 0; i < 32; i++) codes[i] = (byte)(((values[i] - least) * inverse) + 0.5f);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], Blocks.PutFiveBits(codes, block[8..]));
    }
}
