using System.Runtime.InteropServices;

namespace Jtfa.Silo.Time;

/// <summary>Sleeps finer than .NET's whole milliseconds.</summary>
public static partial class ShortSleep
{
    private const int SetTimerSlack = 29;

    /// <summary>Lets this thread's sleeps end within a microsecond of their time instead of fifty.</summary>
    public static void Prepare()
    {
        if (OperatingSystem.IsLinux()) _ = Control(SetTimerSlack, 1_000, 0, 0, 0);
    }

    /// <summary>Sleeps.</summary>
    /// <param name="microseconds">How long.</param>
    public static void Wait(int microseconds)
    {
        if (OperatingSystem.IsLinux()) _ = Sleep(new TimeSpec { Nanoseconds = microseconds * 1000 }, 0);
        else Thread.Sleep(Math.Max(1, microseconds / 1000));
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint argument, nuint unused2, nuint unused3, nuint unused4);

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Sleep(in TimeSpec time, nint left);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
