using System.Net;
using System.Net.Sockets;

namespace Jtfa.Testbed.Sockets;

/// <summary>Sends datagrams and counts what the system refuses. It does not notice whether anybody listens.</summary>
internal sealed class Sender(IPEndPoint to) : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly SocketAddress _to = to.Serialize();

    /// <summary>Datagrams sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Datagrams that the system would not send: no route, too long, forbidden.</summary>
    public long Refused { get; private set; }

    /// <summary>Sends one datagram.</summary>
    /// <returns>Whether the system took it.</returns>
    public bool Send(ReadOnlySpan<byte> datagram)
    {
        try
        {
            _socket.SendTo(datagram, SocketFlags.None, _to);
            Sent++;
            return true;
        }
        catch (SocketException)
        {
            Refused++;
            return false;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _socket.Dispose();
}
