using Microsoft.Win32.SafeHandles;

namespace Jtfa.Cli.Decisions;

/// <summary>
/// Standard output that tells when its reader has gone, as in <c>jtfa decisions --follow | head</c>; the console's own does not.
/// </summary>
internal static class ResultOutput
{
    private const int StandardOutput = 1;
    private const int BrokenPipe = 32; // EPIPE

    public static TextWriter Open()
    {
        if (OperatingSystem.IsWindows()) return Console.Out;
        var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);

        // A file's position is shared with the process that writes to it next, and this stream would not move it.
        return stream.CanSeek ? Console.Out : new StreamWriter(stream) { AutoFlush = true };
    }

    /// <summary>Whether writing failed because nobody reads any more.</summary>
    public static bool ReaderHasGone(IOException fault) => !OperatingSystem.IsWindows() && fault.HResult == BrokenPipe;
}
