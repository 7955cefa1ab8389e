using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Jtfa.Core;

/// <summary>
/// One view's key. A token's tag shows that the token was made with it: <see cref="EpochBytes"/> bytes that say which run of the
/// camera it is of, then the first <see cref="MacBytes"/> bytes of HMAC-SHA256 (RFC 2104) over everything before them. HMAC needs no
/// nonce, so an epoch that is used twice by mistake reveals nothing. Allocates nothing after it is made. Not safe for concurrent use.
/// </summary>
public sealed class TokenKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    /// <summary>Bytes of a tag, which end the datagram.</summary>
    public const int TagBytes = EpochBytes + MacBytes;

    private const int EpochBytes = 4;
    private const int MacBytes = 8;

    private readonly IncrementalHash _hmac;

    /// <summary>A key.</summary>
    /// <param name="key"><see cref="Size"/> random bytes.</param>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public TokenKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size) throw new ArgumentException($"{key.Length} bytes: a key has {Size}.", nameof(key));
        _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
    }

    /// <summary>Completes the tag of a datagram that <see cref="PacketCodec.Write"/> wrote with an epoch.</summary>
    public void Sign(Span<byte> datagram)
    {
        Span<byte> mac = stackalloc byte[SHA256.HashSizeInBytes];
        Mac(datagram[..^MacBytes], mac);
        mac[..MacBytes].CopyTo(datagram[^MacBytes..]);
    }

    /// <summary>Whether a datagram that was parsed with an epoch was signed with this key and not changed since.</summary>
    public bool IsSigned(ReadOnlySpan<byte> datagram)
    {
        Span<byte> mac = stackalloc byte[SHA256.HashSizeInBytes];
        Mac(datagram[..^MacBytes], mac);
        return CryptographicOperations.FixedTimeEquals(mac[..MacBytes], datagram[^MacBytes..]);
    }

    /// <inheritdoc />
    public void Dispose() => _hmac.Dispose();

    internal static uint EpochOf(ReadOnlySpan<byte> tag) => BinaryPrimitives.ReadUInt32BigEndian(tag);

    private void Mac(ReadOnlySpan<byte> bytes, Span<byte> mac)
    {
        _hmac.AppendData(bytes);
        _hmac.GetHashAndReset(mac);
    }
}
