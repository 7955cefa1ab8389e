namespace Jtfa.Silo;

/// <summary>Makes files that hold what cameras saw: readable by the silo's user and group alone, whatever the umask allows.</summary>
internal static class OwnFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>Makes an empty file where there is none, and leaves one that is there as it is.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void MakeIfMissing(string path)
    {
        if (File.Exists(path) || OperatingSystem.IsWindows()) return;
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
            UnixCreateMode = Mode,
        };
        using var file = new FileStream(path, options);
    }
}
