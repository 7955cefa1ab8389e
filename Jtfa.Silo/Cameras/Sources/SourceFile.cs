using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Opens the files that a configuration names; what goes wrong becomes a <see cref="CameraFaultException"/>.</summary>
internal static partial class SourceFile
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint TypeOnly = 1; // STATX_TYPE
    private const int ModeAt = 28; // of struct statx, which is the same on all processors
    private const int TypeMask = 0xF000; // S_IFMT
    private const int RegularType = 0x8000; // S_IFREG

    /// <summary>
    /// Whether a path is that of a regular file, links followed: not of a device or a pipe, which .NET takes for files as well. It is not
    /// opened: that would wait for a pipe's writer.
    /// </summary>
    public static bool IsRegular(string path)
    {
        if (!OperatingSystem.IsLinux()) return File.Exists(path);
        var status = new byte[256];
        return GetStatus(CurrentFolder, path, 0, TypeOnly, ref status[0]) == 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(ModeAt)) & TypeMask) == RegularType;
    }

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

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetStatus(int folder, string path, int flags, uint mask, ref byte status);
}
