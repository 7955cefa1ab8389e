using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>
/// The connection of a client that waits for a text. A client whose machine lost its network or its power says nothing, and TCP alone
/// would send to it for a quarter of an hour, while its text keeps its pages.
/// </summary>
internal static class ClientConnection
{
    /// <summary>How long what was sent to another machine may stay without an answer of that machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int TcpUserTimeout = 18; // Linux, RFC 5482
    private const int IdleSeconds = 5; // then the machine is asked once a second whether it is there

    /// <summary>
    /// Has the connection aborted when the other machine answers no more. Clients of this machine are left alone: they cannot vanish
    /// without the kernel's telling, and one that reads slowly opens loopback's large window seldom.
    /// </summary>
    public static void Watch(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { RemoteEndPoint: IPEndPoint { Address: var client } } socket
            || IPAddress.IsLoopback(client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client)) return;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, IdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(
            SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, (int)Patience.TotalSeconds - IdleSeconds);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)Patience.TotalMilliseconds));
    }
}
