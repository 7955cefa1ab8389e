using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Jtfa.Testbed.Hosts;

/// <summary>A named network namespace of Linux: what makes a process, or a socket, one of another host.</summary>
/// <param name="Name">As <c>ip netns</c> knows it.</param>
public sealed partial record NetworkNamespace(string Name)
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    /// <summary>
    /// Makes something, such as a socket, as a process in the namespace would. The namespace is the thread's, so this has a thread of its
    /// own, which ends with it; the sockets stay in the namespace.
    /// </summary>
    /// <exception cref="TestbedException">The namespace cannot be entered.</exception>
    public async Task<T> MakeAsync<T>(Func<T> make) => await Task.Factory.StartNew(
        () =>
        {
            Enter();
            return make();
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Enter()
    {
        using var handle = Open();
        if (SetNamespace(handle, NewNetwork) != 0)
            throw new TestbedException($"The network namespace {Name} cannot be entered (error {Marshal.GetLastPInvokeError()}): that takes root");
    }

    private SafeFileHandle Open()
    {
        try
        {
            return File.OpenHandle($"/run/netns/{Name}");
        }
        catch (IOException exception)
        {
            throw new TestbedException($"The network namespace {Name} is gone ({exception.Message}): something else removed it; run the experiment again", exception);
        }
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}
