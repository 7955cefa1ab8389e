using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Jtfa.Testbed.Sockets;

/// <summary>
/// Waits for datagrams on several sockets and for a moment, whichever comes first. Sleeps until shortly before the moment (ppoll,
/// which takes nanoseconds; .NET's own waits take milliseconds) and waits actively for the rest. Belongs to one thread.
/// </summary>
internal sealed unsafe partial class SocketWait(IReadOnlyList<TimedSocket> sockets)
{
    /// <summary>
    /// How long before a due time waiting is active, nanoseconds: sleeping threads wake 50 … 100 µs late here. At 200 datagrams a second
    /// that costs 2 % of a core.
    /// </summary>
    public const long Margin = 100_000;

    private const short PollIn = 1;
    private const int ErrorInterrupted = 4;

    private readonly PollDescriptor[] _descriptors =
        [.. sockets.Select(socket => new PollDescriptor { Handle = socket.Handle, Events = PollIn })];
    private readonly List<Socket> _ready = [];

    /// <summary>Waits until a datagram is there or the moment has come.</summary>
    /// <param name="due">By <see cref="TestbedClock.Elapsed"/>.</param>
    /// <exception cref="SocketException">The system refuses.</exception>
    public void Until(long due)
    {
        var sleep = due - Margin - TestbedClock.Elapsed;
        if (sleep > 0)
        {
            Sleep(sleep);
            return; // datagrams may have come; the caller calls again
        }

        while (TestbedClock.Elapsed < due) Thread.SpinWait(10);
    }

    private void Sleep(long nanoseconds)
    {
        if (!OperatingSystem.IsLinux())
        {
            SleepAnywhere(nanoseconds);
            return;
        }

        var time = new TimeSpec
        {
            Seconds = (nint)(nanoseconds / TestbedClock.Second),
            Nanoseconds = (nint)(nanoseconds % TestbedClock.Second),
        };
        fixed (PollDescriptor* descriptors = _descriptors)
        {
            if (Poll(descriptors, (nuint)_descriptors.Length, &time, null) < 0
                && Marshal.GetLastPInvokeError() is var error and not ErrorInterrupted)
                throw new SocketException(error);
        }
    }

    // Whole milliseconds, cut off: the rest is waited actively.
    private void SleepAnywhere(long nanoseconds)
    {
        var microseconds = (int)(nanoseconds / 1_000_000 * 1000);
        if (sockets.Count == 0)
        {
            Thread.Sleep(microseconds / 1000);
            return;
        }

        _ready.Clear();
        _ready.AddRange(sockets.Select(socket => socket.Socket));
        Socket.Select(_ready, null, null, microseconds);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Handle;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, TimeSpec* time, void* signals);
}
