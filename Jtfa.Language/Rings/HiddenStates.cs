using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Rings;

/// <summary>Rows of hidden states as bytes, little-endian.</summary>
internal static class HiddenStates
{
    private const int Q8Block = 32;

    /// <summary>Bytes of a row.</summary>
    public static int RowBytes(StateFormat format, int width) => format switch
    {
        StateFormat.F32 => 4 * width,
        StateFormat.F16 => 2 * width,
        _ => width + (4 * ((width + Q8Block - 1) / Q8Block)),
    };

    /// <summary>Writes rows.</summary>
    /// <param name="states">rows × width.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="format">How.</param>
    /// <param name="bytes">Takes rows × <see cref="RowBytes"/>.</param>
    /// <exception cref="RingException">A number is too large for the format, or is none.</exception>
    public static void Write(ReadOnlySpan<float> states, int width, StateFormat format, Span<byte> bytes)
    {
        switch (format)
        {
            case StateFormat.F32 when BitConverter.IsLittleEndian:
                MemoryMarshal.AsBytes(states).CopyTo(bytes);
                break;
            case StateFormat.F32:
                for (var i = 0; i < states.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], states[i]);
                break;
            case StateFormat.F16:
                for (var i = 0; i < states.Length; i++) BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * i)..], ToHalf(states[i]));
                break;
            default:
                for (; !states.IsEmpty; states = states[width..])
                    for (var at = 0; at < width; at += Q8Block) bytes = WriteQ8(states[at..Math.Min(at + Q8Block, width)], bytes);
                break;
        }
    }

    /// <summary>Reads rows.</summary>
    /// <param name="bytes">rows × <see cref="RowBytes"/>.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="format">How they were written.</param>
    /// <param name="states">Takes rows × width.</param>
    public static void Read(ReadOnlySpan<byte> bytes, int width, StateFormat format, Span<float> states)
    {
        switch (format)
        {
            case StateFormat.F32 when BitConverter.IsLittleEndian:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(states);
                break;
            case StateFormat.F32:
                for (var i = 0; i < states.Length; i++) states[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                break;
            case StateFormat.F16:
                for (var i = 0; i < states.Length; i++) states[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
                break;
            default:
                for (; !states.IsEmpty; states = states[width..])
                    for (var at = 0; at < width; at += Q8Block) bytes = ReadQ8(bytes, states[at..Math.Min(at + Q8Block, width)]);
                break;
        }
    }

    private static Half ToHalf(float state) => (Half)state is var half && Half.IsFinite(half) ? half : throw TooLarge(state, "F16");

    private static Span<byte> WriteQ8(ReadOnlySpan<float> states, Span<byte> bytes)
    {
        var scale = Blocks.Extreme(states, out _) / sbyte.MaxValue;
        if (!float.IsFinite(scale)) throw TooLarge(scale, "Q8");
        var inverse = Blocks.Inverse(scale);
        BinaryPrimitives.WriteSingleLittleEndian(bytes, scale);
        for (var i = 0; i < states.Length; i++) bytes[4 + i] = (byte)(sbyte)MathF.Round(states[i] * inverse);
        return bytes[(4 + states.Length)..];
    }

    private static ReadOnlySpan<byte> ReadQ8(ReadOnlySpan<byte> bytes, Span<float> states)
    {
        var scale = BinaryPrimitives.ReadSingleLittleEndian(bytes);
        for (var i = 0; i < states.Length; i++) states[i] = scale * (sbyte)bytes[4 + i];
        return bytes[(4 + states.Length)..];
    }

    private static RingException TooLarge(float state, string format) =>
        new($"A hidden state of {state} does not fit into {format}: send them as F32");
}
