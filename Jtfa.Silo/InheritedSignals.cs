using System.Runtime.InteropServices;

namespace Jtfa.Silo;

/// <summary>
/// What a program inherited from whoever started it. A shell without job control has a program that it starts by '&amp;' ignore Ctrl-C
/// (SIGINT), and .NET leaves a signal alone that is ignored when the program starts. So the program would not end by it, though service
/// scripts send it.
/// </summary>
public static unsafe partial class InheritedSignals
{
    private const int Interrupt = 2;
    private const nint Default = 0;
    private const nint Ignored = 1;

    // Larger than any system's struct sigaction, whose first member is the handler.
    private const int ActionBytes = 256;

    /// <summary>
    /// Has SIGINT reach this program again. Called first of all: .NET looks whether it is ignored once, when somebody first listens to it.
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
