using System.Net;
using System.Net.Sockets;

namespace Jtfa.Experiments.Nodes;

/// <summary>Ports of the loopback for programs that must be told one.</summary>
internal static class FreePorts
{
    /// <summary>The ports of a silo's configuration that each silo of a machine needs for itself where Orleans runs it.</summary>
    public static object OfSilo() => new { SiloPort = Next(), ClientPort = Next() };

    /// <summary>A port that is free for UDP and TCP now.</summary>
    public static int Next()
    {
        while (true)
        {
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var port = ((IPEndPoint)udp.LocalEndPoint!).Port;
            try
            {
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there by TCP.
            }
        }
    }
}
