using System.Runtime.InteropServices;

namespace Jtfa.Testbed.Hosts;

/// <summary>Tells processes to end, each by its id.</summary>
internal static partial class ProcessSignal
{
    private const int KillSignal = 9;
    private const int TerminateSignal = 15;

    /// <summary>Asks it to end, as a service manager does.</summary>
    public static void Terminate(int id) => _ = Send(id, TerminateSignal);

    /// <summary>Ends it.</summary>
    public static void Kill(int id) => _ = Send(id, KillSignal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
