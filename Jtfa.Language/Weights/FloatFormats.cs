using System.Buffers.Binary;

namespace Jtfa.Language.Weights;

/// <summary>Single precision.</summary>
internal sealed class F32Format() : WeightFormat(0, "F32", 1, 4)
{
    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values) =>
        values[0] = BinaryPrimitives.ReadSingleLittleEndian(block);

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block) =>
        BinaryPrimitives.WriteSingleLittleEndian(block, values[0]);
}

/// <summary>Half precision.</summary>
internal sealed class F16Format() : WeightFormat(1, "F16", 1, 2)
{
    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values) => values[0] = Halves.Read(block, 0);

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block) => Halves.Write(block, 0, values[0]);
}

/// <summary>Single precision without the lower 16 bits, rounded to the nearest, ties to even.</summary>
internal sealed class BF16Format() : WeightFormat(30, "BF16", 1, 2)
{
    protected override void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values) =>
        values[0] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(block) << 16);

    protected override void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block)
    {
        var bits = BitConverter.SingleToUInt32Bits(values[0]);
        BinaryPrimitives.WriteUInt16LittleEndian(block, (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16));
    }
}
