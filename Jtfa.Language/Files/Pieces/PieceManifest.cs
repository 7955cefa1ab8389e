using System.Security.Cryptography;

namespace Jtfa.Language.Files.Pieces;

/// <summary>
/// A model's file as pieces of equal length, the last one shorter, each with its SHA-256. The digest of all of them names the file: who
/// knows it can have the pieces from anybody.
/// </summary>
public sealed class PieceManifest
{
    /// <summary>Bytes of a piece: pages of 4 KiB, below 256 kB, so that probes between silos never wait long behind one.</summary>
    public const int PieceBytes = 240 * 1024;

    /// <summary>Bytes of a piece's SHA-256.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const long MostPieces = 1 << 24; // 4 TB
    private readonly byte[] _hashes;

    private PieceManifest(long length, byte[] hashes)
    {
        (Length, _hashes) = (length, hashes);
        Digest = DigestOf(length, hashes);
    }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>SHA-256 of the length and all pieces' hashes, in hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>The pieces' hashes, one behind the other.</summary>
    public ReadOnlyMemory<byte> Hashes => _hashes;

    /// <summary>Pieces.</summary>
    public int Count => CountOf(Length);

    /// <summary>Pieces of a file of so many bytes.</summary>
    public static int CountOf(long length) => (int)((length + PieceBytes - 1) / PieceBytes);

    /// <summary>Reads a file and takes its pieces' hashes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ModelFileException">It cannot be read, or is too long.</exception>
    public static PieceManifest Of(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var length = RandomAccess.GetLength(file);
            if (length == 0 || length > MostPieces * PieceBytes)
                throw new ModelFileException(path, $"it has {length} bytes, allowed is 1 … {MostPieces * PieceBytes}");
            var (hashes, piece) = (new byte[CountOf(length) * HashBytes], new byte[PieceBytes]);
            for (var index = 0; index < CountOf(length); index++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bytes = piece.AsSpan(0, BytesOf(length, index));
                for (var got = 0; got < bytes.Length;)
                {
                    var read = RandomAccess.Read(file, bytes[got..], ((long)index * PieceBytes) + got);
                    got += read > 0 ? read : throw new ModelFileException(path, "it became shorter while it was read: read it again");
                }

                SHA256.HashData(bytes, hashes.AsSpan(index * HashBytes));
            }

            return new PieceManifest(length, hashes);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"it cannot be read ({fault.Message.TrimEnd('.')})", fault);
        }
    }

    /// <summary>A manifest that somebody else sent, where it is the one that a digest names.</summary>
    /// <returns>Null where it is another.</returns>
    public static PieceManifest? OfSent(string digest, long length, byte[] hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        var isOne = length is > 0 and <= MostPieces * PieceBytes && hashes.Length == (long)CountOf(length) * HashBytes;
        return isOne && DigestOf(length, hashes) == digest ? new PieceManifest(length, hashes) : null;
    }

    /// <summary>Whether a digest may be one: 64 lower-case hexadecimal digits, which also name a file.</summary>
    public static bool IsDigest(string digest) =>
        digest is { Length: 2 * HashBytes } && digest.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f');

    /// <summary>Bytes of a piece.</summary>
    public int BytesOf(int piece) => BytesOf(Length, piece);

    /// <summary>Whether bytes are a piece.</summary>
    public bool IsPiece(int piece, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(piece, Count);
        return bytes.Length == BytesOf(piece)
            && SHA256.HashData(bytes).AsSpan().SequenceEqual(_hashes.AsSpan(piece * HashBytes, HashBytes));
    }

    /// <summary>The pieces that hold some bytes of the file.</summary>
    public static IEnumerable<int> Covering(long first, long count)
    {
        if (count <= 0) yield break;
        for (var piece = first / PieceBytes; piece <= (first + count - 1) / PieceBytes; piece++) yield return (int)piece;
    }

    /// <summary>A manifest that was written here; what it says of pieces is checked piece by piece.</summary>
    internal static PieceManifest Stored(long length, byte[] hashes) => new(length, hashes);

    private static int BytesOf(long length, int piece) => (int)Math.Min(PieceBytes, length - ((long)piece * PieceBytes));

    private static string DigestOf(long length, byte[] hashes)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> size = stackalloc byte[sizeof(long)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(size, length);
        sha.AppendData(size);
        sha.AppendData(hashes);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
