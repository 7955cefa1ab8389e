using System.Buffers.Binary;

namespace Jtfa.Language.Weights;

/// <summary>Scales and bases of blocks, which are stored in half precision.</summary>
internal static class Halves
{
    private const float Largest = 65504;

    public static float Read(ReadOnlySpan<byte> block, int at) => (float)BinaryPrimitives.ReadHalfLittleEndian(block[at..]);

    /// <summary>Writes a number, one beyond the range as the range's end.</summary>
    /// <returns>What was written, which is what a reader gets.</returns>
    public static float Write(Span<byte> block, int at, float value)
    {
        var half = (Half)Math.Clamp(value, -Largest, Largest);
        BinaryPrimitives.WriteHalfLittleEndian(block[at..], half);
        return (float)half;
    }
}
