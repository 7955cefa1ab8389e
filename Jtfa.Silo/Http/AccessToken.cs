using System.Security.Cryptography;
using System.Text;

namespace Jtfa.Silo.Http;

/// <summary>The secret that callers from other machines show. It is never logged.</summary>
public sealed class AccessToken
{
    private readonly byte[] _hash;

    private AccessToken(string value) => _hash = Hash(value);

    /// <summary>Reads the token of a file, after making both where there is none.</summary>
    /// <exception cref="InvalidDataException">The file cannot be used; in one line.</exception>
    public static AccessToken Open(string path) =>
        new(SecretFile.Open(path, "The HTTP token", $"{HttpOptions.Section}:{nameof(HttpOptions.TokenFile)}"));

    /// <summary>Whether this is the token, in a time that does not tell how much of it is right.</summary>
    public bool Is(string candidate) => CryptographicOperations.FixedTimeEquals(Hash(candidate), _hash);

    private static byte[] Hash(string value) => SHA256.HashData(Encoding.UTF8.GetBytes(value));
}
