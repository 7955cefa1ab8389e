using System.Security.Cryptography;
using System.Text;

namespace Jtfa.Interfaces;

/// <summary>
/// What the silos of a cluster know, and nobody else. From it come, by HKDF-SHA256 (RFC 5869), the key by which silos know each other, and
/// the secret of the cluster's clients. Neither tells the other.
/// </summary>
public sealed class ClusterSecret
{
    /// <summary>Fewest characters.</summary>
    public const int LeastLength = 32;

    private readonly byte[] _key;

    /// <summary>Takes a secret.</summary>
    /// <exception cref="ArgumentException">It is shorter than <see cref="LeastLength"/>.</exception>
    public ClusterSecret(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length < LeastLength)
            throw new ArgumentException($"The cluster's secret has {text.Length} characters: allowed is {LeastLength} or more");
        _key = Encoding.UTF8.GetBytes(text);
        ClientSecret = Convert.ToHexStringLower(Derive("clients"));
        Silos = new ConnectionKey(Derive("silos"));
        Clients = ConnectionKey.OfClients(ClientSecret);
    }

    /// <summary>The key of connections between silos.</summary>
    public ConnectionKey Silos { get; }

    /// <summary>The key of connections between silos and clients of the cluster.</summary>
    public ConnectionKey Clients { get; }

    /// <summary>What clients of the cluster are given, 64 hexadecimal digits.</summary>
    public string ClientSecret { get; }

    private byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, ConnectionKey.Size, info: Encoding.ASCII.GetBytes($"jtfa cluster {purpose}"));
}
