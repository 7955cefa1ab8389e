using System.Buffers;
using System.IO.Pipelines;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;

namespace Jtfa.Interfaces;

/// <summary>
/// Has both ends of a connection prove that they know a key before anything else is read. Each sends 32 random bytes, and HMAC-SHA256 by
/// the key over its own part and the bytes of both; a proof is of no use on another connection, or for the other part.
/// </summary>
public sealed class ConnectionKey
{
    /// <summary>Bytes of a key, of a proof, and of the random bytes.</summary>
    public const int Size = 32;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    // Names the protocol and its version.
    private static readonly byte[] s_begin = "jtfa1"u8.ToArray();

    private readonly byte[] _key;

    internal ConnectionKey(byte[] key) => _key = key;

    /// <summary>The key that a client of the cluster has by its secret.</summary>
    /// <exception cref="ArgumentException">It is not 64 hexadecimal digits.</exception>
    public static ConnectionKey OfClients(string clientSecret)
    {
        ArgumentNullException.ThrowIfNull(clientSecret);
        if (clientSecret.Length != 2 * Size || clientSecret.Any(digit => !char.IsAsciiHexDigit(digit)))
            throw new ArgumentException($"The client secret has {clientSecret.Length} characters: allowed are {2 * Size} hexadecimal ones");
        return new ConnectionKey(SHA256.HashData(Encoding.ASCII.GetBytes(clientSecret.ToLowerInvariant())));
    }

    /// <summary>The end that was connected to.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="remote">The other end's address, for the message.</param>
    /// <param name="closed">The connection is closed.</param>
    /// <exception cref="AuthenticationException">The other end does not know the key, or took longer than 5 s.</exception>
    public Task AcceptAsync(IDuplexPipe transport, string remote, CancellationToken closed) =>
        ShakeHandsAsync(transport, remote, async (input, output, limit) =>
    {
        var theirs = await ReadHelloAsync(input, limit);
        var mine = RandomNumberGenerator.GetBytes(Size);
        await output.WriteAsync((byte[])[.. s_begin, .. mine, .. Prove("accepts", theirs, mine)], limit);
        return IsProof(await ReadAsync(input, Size, limit), "connects", theirs, mine);
    }, closed);

    /// <summary>The end that connects.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="remote">The other end's address, for the message.</param>
    /// <param name="closed">The connection is closed.</param>
    /// <exception cref="AuthenticationException">The other end does not know the key, or took longer than 5 s.</exception>
    public Task ConnectAsync(IDuplexPipe transport, string remote, CancellationToken closed) =>
        ShakeHandsAsync(transport, remote, async (input, output, limit) =>
    {
        var mine = RandomNumberGenerator.GetBytes(Size);
        await output.WriteAsync((byte[])[.. s_begin, .. mine], limit);
        var theirs = await ReadHelloAsync(input, limit);
        if (!IsProof(await ReadAsync(input, Size, limit), "accepts", mine, theirs)) return false;
        await output.WriteAsync(Prove("connects", mine, theirs), limit);
        return true;
    }, closed);

    private static async Task ShakeHandsAsync(
        IDuplexPipe transport, string remote, Func<PipeReader, PipeWriter, CancellationToken, Task<bool>> exchange,
        CancellationToken closed)
    {
        ArgumentNullException.ThrowIfNull(transport);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(closed);
        limit.CancelAfter(s_limit);
        try
        {
            if (await exchange(transport.Input, transport.Output, limit.Token)) return;
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or InvalidDataException)
        {
            throw Refusal(remote, fault);
        }

        throw Refusal(remote, new CryptographicException("Its proof is wrong"));
    }

    private static AuthenticationException Refusal(string remote, Exception fault) =>
        new($"{remote} does not know the cluster's secret", fault);

    private static async Task<byte[]> ReadHelloAsync(PipeReader input, CancellationToken limit)
    {
        var hello = await ReadAsync(input, s_begin.Length + Size, limit);
        if (!hello.AsSpan().StartsWith(s_begin)) throw new InvalidDataException("It speaks another protocol");
        return hello[s_begin.Length..];
    }

    // Exactly so many bytes: what follows is Orleans' own.
    private static async Task<byte[]> ReadAsync(PipeReader input, int count, CancellationToken limit)
    {
        var read = await input.ReadAtLeastAsync(count, limit);
        if (read.Buffer.Length < count) throw new InvalidDataException("It closed the connection");
        var bytes = read.Buffer.Slice(0, count).ToArray();
        input.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }

    private byte[] Prove(string part, byte[] connecting, byte[] accepting) =>
        HMACSHA256.HashData(_key, (byte[])[.. Encoding.ASCII.GetBytes(part), .. connecting, .. accepting]);

    private bool IsProof(byte[] proof, string part, byte[] connecting, byte[] accepting) =>
        CryptographicOperations.FixedTimeEquals(proof, Prove(part, connecting, accepting));
}
