using System.Net.Sockets;
using System.Text;

namespace Jtfa.Silo;

/// <summary>systemd, where it started this program: it is told when the silo is up and when it stops, and keeps its log.</summary>
internal static class ServiceManager
{
    /// <summary>
    /// Whether standard error goes to the journal, which knows the time and takes levels. JOURNAL_STREAM alone does not tell, since
    /// programs started by a service inherit it: it has to name this very stream, as device:inode.
    /// </summary>
    public static bool KeepsLog =>
        Environment.GetEnvironmentVariable("JOURNAL_STREAM")?.Split(':') is [_, var inode]
        && OperatingSystem.IsLinux() && new FileInfo("/proc/self/fd/2").LinkTarget == $"socket:[{inode}]";

    /// <summary>Tells that the silo takes part.</summary>
    public static void TellReady() => Tell("READY=1");

    /// <summary>Tells that the silo stops.</summary>
    public static void TellStopping() => Tell("STOPPING=1");

    // The protocol of sd_notify(3): a datagram to a socket, whose name begins with '@' where it stands in no folder.
    private static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not [('@' or '/'), ..] name) return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(name[0] == '@' ? $"\0{name[1..]}" : name));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException)
        {
            // Nobody listens: then nobody waits for it either.
        }
    }
}
