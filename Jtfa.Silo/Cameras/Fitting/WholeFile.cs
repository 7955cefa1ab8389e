using System.Runtime.InteropServices;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>Writes files so that they are there whole or not at all, whenever a program is ended.</summary>
internal static partial class WholeFile
{
    private const int FileExists = 17; // EEXIST

    /// <summary>Writes a file in the place of any that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes to the path that it is given; no file is there yet.</param>
    /// <exception cref="CameraFaultException">It cannot be written.</exception>
    public static void Write(string path, Action<string> write) => TryWrite(path, write, overwrite: true);

    /// <summary>Writes a file where there is none.</summary>
    /// <returns>False where another has made it first.</returns>
    /// <exception cref="CameraFaultException">It cannot be written.</exception>
    public static bool TryCreate(string path, Action<string> write) => TryWrite(path, write, overwrite: false);

    private static bool TryWrite(string path, Action<string> write, bool overwrite)
    {
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            write(part);
            return Place(part, path, overwrite);
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            File.Delete(part);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CameraFaultException($"'{path}' cannot be written ({e.Message.TrimEnd('.')}): make room, or name another folder", e);
        }
    }

    private static bool Place(string part, string path, bool overwrite)
    {
        // File.Move looks whether the name is free before it renames: two runs can both find it free, and one file would be lost.
        // A link fails where the name is taken, in one step. File systems without links (FAT) have the move only.
        if (!overwrite && !OperatingSystem.IsWindows())
        {
            var linked = Link(part, path) == 0;
            if (linked || Marshal.GetLastPInvokeError() == FileExists)
            {
                File.Delete(part);
                return linked;
            }
        }

        File.Move(part, path, overwrite);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
