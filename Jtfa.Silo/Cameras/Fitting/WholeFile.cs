namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>Writes files so that they are there whole or not at all, whenever a program is ended.</summary>
internal static class WholeFile
{
    private const string Part = ".part";

    /// <summary>Writes a file beside the one that is meant, and puts it in its place when it is whole.</summary>
    /// <param name="path">The file, replaced where it is there.</param>
    /// <param name="write">Writes to the path that it is given.</param>
    /// <exception cref="CameraFaultException">It cannot be written.</exception>
    public static void Write(string path, Action<string> write)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Delete(path + Part); // what an ended program left
            write(path + Part);
            File.Move(path + Part, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CameraFaultException($"'{path}' cannot be written ({e.Message.TrimEnd('.')}): make room, or name another folder", e);
        }
    }
}
