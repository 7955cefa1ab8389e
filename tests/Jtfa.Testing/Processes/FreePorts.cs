using System.Net;
using System.Net.Sockets;

namespace Jtfa.Testing.Processes;

/// <summary>
/// Ports for silos, of those that the system gives to nobody by itself: a silo that is started again must find its port free, though
/// others have made connections meanwhile.
/// </summary>
internal static class FreePorts
{
    private static int s_next = 20_000 + (Environment.ProcessId * 50 % 10_000);

    /// <summary>A port that is free for TCP and UDP on the loopback.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref s_next);
            if (IsFree(port)) return port;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
