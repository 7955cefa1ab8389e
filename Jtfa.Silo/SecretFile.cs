using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Jtfa.Silo;

/// <summary>A file that holds a secret of this silo in one line, readable by its owner alone. What it holds is never logged.</summary>
public static class SecretFile
{
    private const int Bytes = 32;
    private const int MostLooks = 50;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    /// <summary>Reads a secret, after making it and its file where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What the secret is, to begin a sentence with.</param>
    /// <param name="setting">The setting that names the file.</param>
    /// <exception cref="InvalidDataException">The file holds no secret, others may read it, or it cannot be read or made; in one
    /// line.</exception>
    public static string Open(string path, string what, string setting)
    {
        path = Path.GetFullPath(path);
        try
        {
            if (!File.Exists(path)) Make(path);
            return ReadWritten(path)
                ?? throw new InvalidDataException($"{path} holds nothing: delete it, and the next start makes a new one");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"{what} cannot be kept in {path} ({fault.Message.TrimEnd('.')}): name another file in {setting}", fault);
        }
    }

    /// <summary>The secret that a file holds; null when it is empty.</summary>
    /// <exception cref="InvalidDataException">Others than its owner may read it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Read(string path)
    {
        var others = IsCredential(path) ? UnixFileMode.OtherRead : UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & others) != 0)
            throw new InvalidDataException(
                $"{path} may be read by others than its owner: 'chmod 600 {path}', or delete it for a new one");
        return File.ReadAllText(path).Trim() is { Length: > 0 } value ? value : null;
    }

    /// <summary>Creates a file that only its owner may read, from its first moment on.</summary>
    /// <exception cref="IOException">It exists, or cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Create(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, Encoding.ASCII, options);
        file.WriteLine(text);
    }

    // systemd lets the service alone read a credential, by an access list, whose mask shows as a right of the group.
    private static bool IsCredential(string path) =>
        Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder
        && Path.GetDirectoryName(Path.GetFullPath(path)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    // Several silos may start at once: the one that creates the file chooses the secret.
    private static void Make(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        try
        {
            Create(path, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another has created it.
        }
    }

    // The silo that created the file writes it at once; until then it is empty or locked.
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
