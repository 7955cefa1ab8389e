using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Jtfa.Silo.Http;

/// <summary>The secret that callers from other machines show. It is never logged.</summary>
public sealed class AccessToken
{
    private const int Bytes = 32;
    private const int MostLooks = 50;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    private readonly byte[] _hash;

    private AccessToken(string value) => _hash = Hash(value);

    /// <summary>Reads the token of a file, after making both where there is none.</summary>
    /// <exception cref="InvalidDataException">The file holds no token, others may read it, or it cannot be read or made; in one
    /// line.</exception>
    public static AccessToken Open(string path)
    {
        path = Path.GetFullPath(path);
        try
        {
            if (!File.Exists(path)) Make(path);
            return new AccessToken(
                ReadWritten(path) ?? throw new InvalidDataException($"{path} holds no token: delete it, and the next start makes one"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"The HTTP token's file {path} cannot be used ({fault.Message.TrimEnd('.')}): name another in " +
                $"{HttpOptions.Section}:{nameof(HttpOptions.TokenFile)}", fault);
        }
    }

    /// <summary>The token that a file holds; null when it is empty.</summary>
    /// <exception cref="InvalidDataException">Others than its owner may read it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Read(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
            throw new InvalidDataException(
                $"{path} may be read by others than its owner: 'chmod 600 {path}', or delete it for a new token");
        return File.ReadAllText(path).Trim() is { Length: > 0 } value ? value : null;
    }

    /// <summary>Whether this is the token, in a time that does not tell how much of it is right.</summary>
    public bool Is(string candidate) => CryptographicOperations.FixedTimeEquals(Hash(candidate), _hash);

    private static byte[] Hash(string value) => SHA256.HashData(Encoding.UTF8.GetBytes(value));

    // Nobody else may read it, not even before it is written; and of silos that start at once, the one that creates the file makes it.
    private static void Make(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using var file = new StreamWriter(path, Encoding.ASCII, options);
            file.WriteLine(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another has created it.
        }
    }

    // Whoever has created the file writes it within moments.
    private static string? ReadWritten(string path)
    {
        for (var looks = 0; ; looks++)
        {
            try
            {
                var value = Read(path);
                if (value is not null || looks == MostLooks) return value;
            }
            catch (IOException) when (looks < MostLooks && File.Exists(path))
            {
                // It is open for writing.
            }

            Thread.Sleep(s_look);
        }
    }
}
