namespace Jtfa.Silo.Decisions;

/// <summary>Whether the decision log can be written to at the moment.</summary>
/// <param name="Faults">What cannot be written to and why, without places: they may be told to everybody. Empty when all is well.</param>
/// <param name="RefusesDecisions">Whether appends fail: scenes then publish nothing until the log takes decisions again.</param>
internal sealed record LogWriting(IReadOnlyList<string> Faults, bool RefusesDecisions);

/// <summary>
/// A file that the log writes to. What an operating system says of free space is not what this process may write (quotas, reserved
/// blocks, inodes, a file system that was made read-only), so that is found out by writing.
/// </summary>
/// <param name="path">Its full path.</param>
/// <param name="word">What those are told who must not learn where it is.</param>
internal sealed class LogFile(string path, string word)
{
    // More than one group of decisions takes in any of the files.
    private static readonly byte[] s_probe = new byte[64 * 1024];

    /// <summary>Its folder.</summary>
    public string Folder => Path.GetDirectoryName(path)!;

    /// <summary>A message about the file, without its path.</summary>
    public string WithoutPath(string message) => message.Replace(path, word, StringComparison.Ordinal);

    /// <summary>Why 64 KiB cannot be written beside it; null where they can. They are written to a file that is deleted at once.</summary>
    public string? Probe()
    {
        try
        {
            using var probe = File.OpenHandle(
                path + ".probe", FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, FileOptions.DeleteOnClose);
            RandomAccess.Write(probe, s_probe, 0);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return WithoutPath($"nothing can be written beside {path} ({failure.Message}): free some space, or make its folder writable");
        }
    }
}
