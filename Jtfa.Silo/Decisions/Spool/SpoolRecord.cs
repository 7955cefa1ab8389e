using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// One line of the spool: the CRC-32C of the JSON as eight hexadecimal digits, a space, the decision as JSON, a line feed. JSON has no
/// line feed of its own, so a damaged line loses one decision and no other.
/// </summary>
internal static class SpoolRecord
{
    private const int ChecksumDigits = 8;
    private const int JsonStart = ChecksumDigits + 1;

    /// <summary>Writes a decision's line.</summary>
    public static void Write(Decision decision, ArrayBufferWriter<byte> line)
    {
        var start = line.WrittenCount;
        line.GetSpan(JsonStart);
        line.Advance(JsonStart);
        using (var json = new Utf8JsonWriter(line))
            JsonSerializer.Serialize(json, decision, SpoolJson.Default.Decision);
        line.Write("\n"u8);

        // The checksum is known only now; the buffer may have moved meanwhile.
        var written = System.Runtime.InteropServices.MemoryMarshal.AsMemory(line.WrittenMemory)[start..].Span;
        Utf8Formatter.TryFormat(Checksum(written[JsonStart..^1]), written, out _, new StandardFormat('x', ChecksumDigits));
        written[ChecksumDigits] = (byte)' ';
    }

    /// <summary>Reads a line without its line feed; null when it is damaged.</summary>
    public static Decision? Read(ReadOnlySpan<byte> line)
    {
        if (line.Length <= JsonStart
            || !Utf8Parser.TryParse(line[..ChecksumDigits], out uint checksum, out var digits, 'x')
            || digits != ChecksumDigits
            || checksum != Checksum(line[JsonStart..]))
            return null;
        try
        {
            return JsonSerializer.Deserialize(line[JsonStart..], SpoolJson.Default.Decision);
        }
        catch (JsonException)
        {
            return null; // whole, but not a decision: the caller counts and reports it as it does any damaged line
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}

/// <summary>Decisions as JSON, generated at build time.</summary>
[JsonSourceGenerationOptions(
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Decision))]
internal sealed partial class SpoolJson : JsonSerializerContext;
