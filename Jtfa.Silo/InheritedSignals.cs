using System.Runtime.InteropServices;

namespace Jtfa.Silo;

/// <summary>
/// Undoes what a program inherits from the shell that starts it. A shell without job control makes a program that it starts by '&amp;'
/// ignore Ctrl-C (SIGINT), and .NET does not handle a signal that is ignored when the program starts. So SIGINT would not end the program,
/// though service scripts send it.
/// </summary>
public static unsafe partial class InheritedSignals
{
    private const int Interrupt = 2;
    private const nint Default = 0;
    private const nint Ignored = 1;

    // Larger than any system's struct sigaction, whose first member is the handler.
    private const int ActionBytes = 256;

    /// <summary>
    /// Makes SIGINT reach this program again. Call it first: .NET looks only once whether SIGINT is ignored, when the first handler is
    /// added.
    /// </summary>
    public static void AcceptInterrupt()
    {
        if (OperatingSystem.IsWindows()) return;
        var action = stackalloc nint[ActionBytes / sizeof(nint)];
        if (ReadAction(Interrupt, null, action) == 0 && action[0] == Ignored) SetHandler(Interrupt, Default);
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int ReadAction(int signal, void* newAction, nint* oldAction);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
