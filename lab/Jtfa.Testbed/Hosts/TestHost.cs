using System.Net;
using System.Net.Sockets;

namespace Jtfa.Testbed.Hosts;

/// <summary>A host of the testbed: a camera's, the fusion node's, or the air between them, where the relay is.</summary>
/// <param name="Name">fusion, view0, …, air.</param>
/// <param name="Address">Where the others reach it.</param>
/// <param name="Namespace">Its network; null: this machine's own.</param>
public sealed record TestHost(string Name, IPAddress Address, NetworkNamespace? Namespace)
{
    /// <summary>This machine, on its loopback.</summary>
    public static TestHost Here(string name) => new(name, IPAddress.Loopback, null);

    /// <summary>Makes something, such as a socket, on the host.</summary>
    /// <exception cref="TestbedException">The host's namespace cannot be entered.</exception>
    public Task<T> MakeAsync<T>(Func<T> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        return Namespace is null ? Task.Run(make) : Namespace.MakeAsync(make);
    }

    /// <summary>A UDP socket of the host, bound to a port that was free.</summary>
    /// <exception cref="TestbedException">The host's namespace cannot be entered.</exception>
    public Task<Socket> BindUdpAsync() => MakeAsync(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(Address, 0));
        return socket;
    });
}
