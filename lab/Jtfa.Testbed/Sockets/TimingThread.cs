using System.Runtime.InteropServices;

namespace Jtfa.Testbed.Sockets;

/// <summary>Makes the calling thread one that keeps time: what Linux allows of that.</summary>
internal static partial class TimingThread
{
    private const int SetTimerSlack = 29;
    private const int Fifo = 1;
    private const int NotInherited = 0x40000000;

    /// <summary>
    /// Gives it timers without slack (Linux's default is 50 µs) and, where the process may (root, CAP_SYS_NICE), priority over all threads
    /// of ordinary priority. The thread must sleep whenever it has nothing to do.
    /// </summary>
    /// <returns>Whether the thread has real-time priority.</returns>
    public static unsafe bool Begin()
    {
        if (!OperatingSystem.IsLinux()) return false;
        _ = Control(SetTimerSlack, 1, 0, 0, 0);
        var priority = 1;
        return SetScheduler(0, Fifo | NotInherited, &priority) == 0;
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint argument, nuint unused3, nuint unused4, nuint unused5);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static unsafe partial int SetScheduler(int thread, int policy, int* priority);
}
