using System.Buffers.Binary;
using System.Text;

namespace Jtfa.Language.Files;

/// <summary>Reads the head of a GGUF file, little-endian, and never beyond its end.</summary>
/// <param name="file">The file, for messages.</param>
/// <param name="bytes">Its begin.</param>
internal ref struct GgufCursor(string file, ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly int Left => _bytes.Length - Position;

    public ReadOnlySpan<byte> Take(ulong count, string what)
    {
        if (count > (ulong)Left)
        {
            throw new ModelFileException(file,
                $"{what} at byte {Position} takes {count} bytes, and {Left} are left: it is cut off or damaged, get it again");
        }

        var taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong UInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    public string String(string what) => Encoding.UTF8.GetString(Take(UInt64($"the length of {what}"), what));

    /// <summary>A count of things, each of which takes some bytes of what is left.</summary>
    public int Count(string what, int leastBytesEach)
    {
        var count = UInt64($"the number of {what}");
        return count <= (ulong)(Left / leastBytesEach)
            ? (int)count
            : throw new ModelFileException(file, $"it claims {count} {what}, for which it is too short: it is damaged, get it again");
    }
}
