using System.Runtime.InteropServices;

namespace Jtfa.Testbed.Hosts;

/// <summary>Tells processes to end, or to stand still and go on, each by its id.</summary>
public static partial class ProcessSignal
{
    private const int KillSignal = 9;
    private const int TerminateSignal = 15;
    private const int ContinueSignal = 18;
    private const int PauseSignal = 19;

    /// <summary>Asks it to end, as a service manager does.</summary>
    public static void Terminate(int id) => _ = Send(id, TerminateSignal);

    /// <summary>Ends it.</summary>
    public static void Kill(int id) => _ = Send(id, KillSignal);

    /// <summary>Has it stand still.</summary>
    public static void Pause(int id) => _ = Send(id, PauseSignal);

    /// <summary>Has it go on.</summary>
    public static void Continue(int id) => _ = Send(id, ContinueSignal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
