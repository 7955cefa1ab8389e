using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// What a token's packet said besides its vector, and when it came. Blittable: it travels between silos as it lies in memory.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
public struct TokenHeader
{
    /// <summary>Decision id: the number of its window.</summary>
    public long Decision;

    /// <summary>Capture time, seconds since 1970.</summary>
    public double Timestamp;

    /// <summary>When the gateway received it, seconds since 1970.</summary>
    public double ReceivedAt;

    /// <summary>Value of one quantisation step.</summary>
    public double Scale;

    /// <summary>View number.</summary>
    public int View;

    /// <summary>Ground truth; −1 unknown.</summary>
    public int Label;

    /// <summary>Seed of the encoding.</summary>
    public uint Seed;

    /// <summary>Confidence of the view in its token, in (0, 1].</summary>
    public float Quality;

    /// <summary>Length of the datagram that brought it, bytes.</summary>
    public int Bytes;

    /// <summary>How the vector is encoded.</summary>
    public TokenEncoding Encoding;

    /// <summary>Whether it is of an earlier moment, and stands for this one (<see cref="HeldTokens"/>).</summary>
    public bool IsHeld;

    /// <summary>What a packet says, of which its decision and its datagram's length are not known.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="receivedAt">When the gateway received it, seconds since 1970.</param>
    public static TokenHeader Of(in TokenPacket packet, double receivedAt) => new()
    {
        Timestamp = packet.Timestamp,
        ReceivedAt = receivedAt,
        Scale = packet.Scale,
        View = packet.View,
        Label = packet.Label,
        Seed = packet.Seed,
        Quality = packet.Quality,
        Encoding = packet.Encoding,
    };

    /// <summary>Whether its numbers are such as a parsed packet has: a block may come from another process.</summary>
    public readonly bool IsSound => double.IsFinite(Timestamp) && double.IsFinite(ReceivedAt) && Scale is >= 0 and <= TokenCodec.MaxScale
        && View >= 0 && Quality is > 0 and <= 1 && Bytes >= 0;
}

/// <summary>
/// Tokens of one dimension, packed: a block header (dimension d, int32; count, int32), then for each token its
/// <see cref="TokenHeader"/> and d int8 values, padded to 8 bytes. Little endian, as the machines are.
/// </summary>
public readonly ref struct TokenBlock
{
    private const int BlockHeaderBytes = 8;
    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Reads a block.</summary>
    /// <exception cref="ArgumentException">The bytes are no block: its length contradicts its header.</exception>
    public TokenBlock(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < BlockHeaderBytes) throw Malformed();
        Dimension = MemoryMarshal.Read<int>(bytes);
        Count = MemoryMarshal.Read<int>(bytes[4..]);
        if (Dimension is < 1 or > TokenPacket.MaxDimension || Count < 0 || bytes.Length != Size(Dimension, Count)) throw Malformed();
        _bytes = bytes;
    }

    /// <summary>Length d of every token.</summary>
    public int Dimension { get; }

    /// <summary>Number of tokens.</summary>
    public int Count { get; }

    /// <summary>Bytes that a block takes.</summary>
    public static long Size(int dimension, int count) => BlockHeaderBytes + ((long)count * Stride(dimension));

    /// <summary>
    /// The order of its views: tokens are fused in it, so that the same tokens give the same decision whatever order they came in.
    /// </summary>
    /// <param name="views">Takes the views, ascending.</param>
    /// <param name="order">Takes the number of each one's token.</param>
    internal void OrderByView(Span<int> views, Span<int> order)
    {
        for (var i = 0; i < Count; i++) (views[i], order[i]) = (Header(i).View, i);
        views.Sort(order);
    }

    /// <summary>Decodes its tokens for a head.</summary>
    /// <param name="order">Which token goes where, as of <see cref="OrderByView"/>.</param>
    /// <param name="vectors">Takes count × d numbers.</param>
    /// <param name="qualities">Takes count numbers.</param>
    internal void Decode(ReadOnlySpan<int> order, Span<float> vectors, Span<float> qualities)
    {
        for (var i = 0; i < Count; i++)
        {
            ref readonly var header = ref Header(order[i]);
            TokenCodec.Decode(
                Values(order[i]), header.Encoding, header.Seed, header.Scale, vectors.Slice(i * Dimension, Dimension));
            qualities[i] = header.Quality;
        }
    }

    /// <summary>Starts a block: writes its header. Tokens follow by <see cref="Write"/>.</summary>
    public static void Begin(Span<byte> block, int dimension, int count)
    {
        MemoryMarshal.Write(block, dimension);
        MemoryMarshal.Write(block[4..], count);
    }

    /// <summary>Writes token number <paramref name="index"/> into a block begun with the same dimension.</summary>
    public static void Write(Span<byte> block, int index, in TokenHeader header, ReadOnlySpan<sbyte> values)
    {
        var token = block[(int)Size(values.Length, index)..];
        MemoryMarshal.Write(token, header);
        MemoryMarshal.AsBytes(values).CopyTo(token[Unsafe.SizeOf<TokenHeader>()..]);
    }

    /// <summary>The header of a token.</summary>
    public ref readonly TokenHeader Header(int index) => ref MemoryMarshal.AsRef<TokenHeader>(Token(index));

    /// <summary>The d int8 values of a token.</summary>
    public ReadOnlySpan<sbyte> Values(int index) =>
        MemoryMarshal.Cast<byte, sbyte>(Token(index).Slice(Unsafe.SizeOf<TokenHeader>(), Dimension));

    private static int Stride(int dimension) => Unsafe.SizeOf<TokenHeader>() + ((dimension + 7) & ~7);

    private static ArgumentException Malformed() => new("Not a token block: its length contradicts its header.");

    private ReadOnlySpan<byte> Token(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        return _bytes.Slice((int)Size(Dimension, index), Stride(Dimension));
    }
}
