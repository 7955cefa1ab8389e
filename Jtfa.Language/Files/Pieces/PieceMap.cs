using System.Buffers.Binary;

namespace Jtfa.Language.Files.Pieces;

/// <summary>
/// Which pieces of a model's file are there: a file beside it, named like it with <c>.pieces</c> behind. A file without one is whole.
/// </summary>
/// <remarks>
/// Its bytes: <c>JTFAPCS1</c>; the model file's length, 8 bytes little-endian; the pieces' hashes; a bit a piece, the lowest of the first
/// byte for the first piece.
/// </remarks>
internal sealed class PieceMap
{
    private const string Suffix = ".pieces";
    private readonly byte[] _bits;

    private PieceMap(PieceManifest manifest, byte[] bits) => (Manifest, _bits) = (manifest, bits);

    private static ReadOnlySpan<byte> Magic => "JTFAPCS1"u8;

    /// <summary>The file's pieces.</summary>
    public PieceManifest Manifest { get; }

    /// <summary>The pieces that are there.</summary>
    public int Present => Enumerable.Range(0, Manifest.Count).Count(Has);

    /// <summary>Bytes at the file's begin up to the first that are not there.</summary>
    public long PresentFromStart
    {
        get
        {
            var piece = 0;
            while (piece < Manifest.Count && Has(piece)) piece++;
            return Math.Min(Manifest.Length, (long)piece * PieceManifest.PieceBytes);
        }
    }

    /// <summary>The map of a model's file.</summary>
    public static string PathOf(string model) => model + Suffix;

    /// <summary>The map of a file; null where the file has none and is whole.</summary>
    /// <exception cref="ModelFileException">The map is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PieceMap? Find(string model)
    {
        if (!File.Exists(PathOf(model))) return null;
        var bytes = File.ReadAllBytes(PathOf(model));
        var head = Magic.Length + sizeof(long);
        if (bytes.Length >= head && bytes.AsSpan().StartsWith(Magic))
        {
            var length = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(Magic.Length));
            var hashes = (long)PieceManifest.CountOf(Math.Clamp(length, 0, 1L << 42)) * PieceManifest.HashBytes;
            if (bytes.Length == head + hashes + BitBytes(PieceManifest.CountOf(length)))
            {
                var manifest = PieceManifest.Stored(length, bytes[head..(int)(head + hashes)]);
                return new PieceMap(manifest, bytes[(int)(head + hashes)..]);
            }
        }

        throw new ModelFileException(PathOf(model), "it does not say which pieces are there: remove it and the model's file beside it");
    }

    /// <summary>Writes a map without any piece; it is there whole or not at all.</summary>
    /// <exception cref="ModelFileException">It cannot be written.</exception>
    public static PieceMap Create(string model, PieceManifest manifest)
    {
        var map = new PieceMap(manifest, new byte[BitBytes(manifest.Count)]);
        WholeModelFile.Write(PathOf(model), stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, manifest.Length);
            stream.Write(Magic);
            stream.Write(length);
            stream.Write(manifest.Hashes.Span);
            stream.Write(map._bits);
        });
        return map;
    }

    /// <summary>Whether a piece is there.</summary>
    public bool Has(int piece) => (_bits[piece / 8] & (1 << (piece % 8))) != 0;

    /// <summary>Says that a piece is there, or is not.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="isThere">Whether it is.</param>
    /// <returns>Where the map's byte with its bit is, and what it is now.</returns>
    public (long Place, byte Bits) Set(int piece, bool isThere)
    {
        ref var bits = ref _bits[piece / 8];
        bits = (byte)(isThere ? bits | (1 << (piece % 8)) : bits & ~(1 << (piece % 8)));
        return (Magic.Length + sizeof(long) + Manifest.Hashes.Length + (piece / 8), bits);
    }

    /// <summary>Passes where some bytes of the file are there.</summary>
    /// <exception cref="ModelFileException">A piece of them is not.</exception>
    public void Require(string model, string what, long first, long count)
    {
        foreach (var piece in PieceManifest.Covering(first, count))
        {
            if (Has(piece)) continue;
            throw new ModelFileException(
                model,
                $"{what} is not here: of the file's {Manifest.Count} pieces {Present} are, and piece {piece} is none of them; fetch it");
        }
    }

    private static int BitBytes(int pieces) => (pieces + 7) / 8;
}
