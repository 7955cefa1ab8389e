using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Jtfa.Testbed.Hosts;

/// <summary>A named network namespace of Linux: a process or a socket in it is like one of another host.</summary>
/// <param name="Name">As <c>ip netns</c> knows it.</param>
public sealed partial record NetworkNamespace(string Name)
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    /// <summary>
    /// Makes something, such as a socket, as a process in the namespace would; a socket stays there. Threads would stay there, too: so it
    /// must start none.
    /// </summary>
    /// <exception cref="TestbedException">The namespace cannot be entered.</exception>
    public Task<T> MakeAsync<T>(Func<T> make)
    {
        // A namespace belongs to a thread, and a new thread inherits it from the one that starts it. So this runs on a thread of its own,
        // which is back in its own namespace before the caller, or any thread of the pool, continues.
        var made = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Make(make, made)) { IsBackground = true }.Start();
        return made.Task;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Any exception is passed on to the caller.")]
    private void Make<T>(Func<T> make, TaskCompletionSource<T> made)
    {
        try
        {
            var result = InNamespace(make);
            made.SetResult(result);
        }
        catch (Exception exception)
        {
            made.SetException(exception);
        }
    }

    private T InNamespace<T>(Func<T> make)
    {
        using var own = Open("/proc/thread-self/ns/net");
        using var other = Open($"/run/netns/{Name}");
        Enter(other);
        try
        {
            return make();
        }
        finally
        {
            Enter(own);
        }
    }

    private void Enter(SafeFileHandle handle)
    {
        if (SetNamespace(handle, NewNetwork) != 0)
            throw new TestbedException(
                $"The network namespace {Name} cannot be entered (error {Marshal.GetLastPInvokeError()}): that takes root");
    }

    private SafeFileHandle Open(string path)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (IOException exception)
        {
            throw new TestbedException(
                $"The network namespace {Name} is gone ({exception.Message}): something else removed it; run the experiment again",
                exception);
        }
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}
