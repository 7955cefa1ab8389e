using System.Net;
using System.Net.Sockets;

namespace Jtfa.Experiments.Nodes;

/// <summary>
/// Ports for programs that must be told one, and for links that stay while relays come and go. They lie below those that Linux gives to
/// whoever asks for any (32,768 …): else another program's socket could get one before it is used.
/// </summary>
internal static class FreePorts
{
    private const int Least = 20_000;
    private const int End = 32_768;

    /// <summary>The ports of a silo's configuration that each silo of a machine needs for itself where Orleans runs it.</summary>
    public static object OfSilo() => new { SiloPort = Next(), ClientPort = Next() };

    /// <summary>A port of the loopback that is free for UDP and TCP now.</summary>
    public static int Next()
    {
        while (true)
        {
            using var udp = BindUdp(IPAddress.Loopback);
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
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

    /// <summary>A UDP socket that holds a free port.</summary>
    public static Socket BindUdp(IPAddress address)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                socket.Bind(new IPEndPoint(address, Random.Shared.Next(Least, End)));
                return socket;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                socket.Dispose();
            }
        }
    }
}
