namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Opens the files that a configuration names; what goes wrong becomes a <see cref="CameraFaultException"/>.</summary>
internal static class SourceFile
{
    /// <summary>Opens a file for reading from start to end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, such as "image file": for the message.</param>
    /// <param name="setting">The setting that names it, such as Source.Path: for the message.</param>
    /// <exception cref="CameraFaultException">It cannot be opened.</exception>
    public static FileStream Open(string path, string what, string setting)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CameraFaultException($"The {what} '{path}' does not exist: correct {setting}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CameraFaultException($"The {what} '{path}' cannot be opened ({e.Message}): make it readable or correct {setting}", e);
        }
    }
}
