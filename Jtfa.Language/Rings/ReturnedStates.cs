using System.Buffers.Binary;

namespace Jtfa.Language.Rings;

/// <summary>
/// What the last stage gives back of a batch: the hidden states that the starter wants, in the order of the batch.
/// <code>magic u32, epoch i32, number i64, format i32, width i32, rows × hidden state</code>
/// </summary>
public static class ReturnedStates
{
    private const uint Magic = 0x3153_534a; // "JSS1"
    private const int HeaderBytes = 24;

    /// <summary>Writes them.</summary>
    public static byte[] Write(int epoch, long number, ReadOnlySpan<float> states, int width, StateFormat format)
    {
        var message = new byte[HeaderBytes + (states.Length / width * HiddenStates.RowBytes(format, width))];
        BinaryPrimitives.WriteUInt32LittleEndian(message, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), epoch);
        BinaryPrimitives.WriteInt64LittleEndian(message.AsSpan(8), number);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), (int)format);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(20), width);
        HiddenStates.Write(states, width, format, message.AsSpan(HeaderBytes));
        return message;
    }

    /// <summary>Which epoch and number a message says that it has, and whether it can be one at all.</summary>
    public static bool TryPeek(ReadOnlySpan<byte> message, out int epoch, out long number)
    {
        (epoch, number) = (0, 0);
        if (message.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(message) != Magic) return false;
        epoch = BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
        number = BinaryPrimitives.ReadInt64LittleEndian(message[8..]);
        return number > 0;
    }

    /// <summary>Reads them.</summary>
    /// <param name="message">A message that has a header.</param>
    /// <param name="width">Numbers of a hidden state.</param>
    /// <param name="states">Takes as many as are expected.</param>
    /// <exception cref="RingException">It has others.</exception>
    public static void Read(ReadOnlySpan<byte> message, int width, Span<float> states)
    {
        var format = (StateFormat)BinaryPrimitives.ReadInt32LittleEndian(message[16..]);
        var ofMessage = BinaryPrimitives.ReadInt32LittleEndian(message[20..]);
        if (!Enum.IsDefined(format) || ofMessage != width
            || message.Length - HeaderBytes != (long)(states.Length / width) * HiddenStates.RowBytes(format, width))
        {
            throw new RingException(
                $"A stage gave back {message.Length - HeaderBytes} bytes where {states.Length / width} hidden states of {width} numbers "
                + "were wanted.");
        }

        HiddenStates.Read(message[HeaderBytes..], width, format, states);
    }
}
