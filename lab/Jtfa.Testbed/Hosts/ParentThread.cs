using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Jtfa.Testbed.Hosts;

/// <summary>
/// Starts all child processes, and lives as long as this process. Linux tells them to end when the thread that started them ends
/// (PR_SET_PDEATHSIG by setpriv), so that a run that is killed leaves none behind. It goes by the thread, not by the process.
/// </summary>
internal static class ParentThread
{
    private static readonly BlockingCollection<Action> s_work = [];
    private static readonly bool s_hasSetPriv = OperatingSystem.IsLinux() && File.Exists("/usr/bin/setpriv");

    static ParentThread() => new Thread(Run) { IsBackground = true, Name = "parent of the testbed's processes" }.Start();

    /// <summary>Starts a process; it ends with this one.</summary>
    /// <exception cref="TestbedException">There is no such program.</exception>
    public static Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(Bound(start))!);
            }
            catch (Exception exception)
            {
                started.SetException(
                    exception is Win32Exception
                        ? new TestbedException($"{start.FileName} cannot be started ({exception.Message}): install it", exception)
                        : exception);
            }
        });
        return started.Task;
    }

    private static ProcessStartInfo Bound(ProcessStartInfo start)
    {
        if (!s_hasSetPriv) return start;
        var program = start.FileName;
        start.ArgumentList.Insert(0, program);
        foreach (var argument in (string[])["--", "TERM", "--pdeathsig"]) start.ArgumentList.Insert(0, argument);
        start.FileName = "/usr/bin/setpriv";
        return start;
    }

    private static void Run()
    {
        foreach (var work in s_work.GetConsumingEnumerable()) work();
    }
}
