using System.Net;
using System.Net.Sockets;
using Jtfa.Silo.Cluster;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo;

/// <summary>
/// Looks whether the TCP ports that Orleans and the web server will listen on are free, before either starts: neither says which of its
/// ports is not.
/// </summary>
internal sealed class TcpPorts(SiloSettings settings) : IHostedService
{
    /// <inheritdoc />
    /// <exception cref="SiloStartException">Some cannot be listened on.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var faults = Ports().Select(port => Fault(port.EndPoint, port.Keys)).OfType<string>().ToList();
        return faults.Count == 0 ? Task.CompletedTask : throw new SiloStartException(faults);
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string? Fault(IPEndPoint endPoint, string keys)
    {
        if (endPoint.Port == 0) return null;
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true; // the web server takes IPv4 there, too
            socket.Bind(endPoint);
            socket.Listen();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"TCP {endPoint} is in use, as where another silo runs here: stop what listens there, or choose another port ({keys})",
                SocketError.AddressNotAvailable => $"TCP {endPoint}: this machine does not have that address ({keys})",
                SocketError.AccessDenied => $"TCP {endPoint}: no permission to listen there; choose a port above 1023 ({keys})",
                _ => $"TCP {endPoint} cannot be listened on: {exception.Message} ({keys})",
            };
        }
    }

    private IEnumerable<(IPEndPoint EndPoint, string Keys)> Ports()
    {
        var (cluster, http) = (settings.Cluster, settings.Http);
        var address = Membership.AddressOf(cluster);
        yield return (new(address, cluster.SiloPort), $"--silo-port, {SiloClusterOptions.Section}:{nameof(cluster.SiloPort)}");
        if (cluster.ClientPort > 0)
            yield return (new(address, cluster.ClientPort), $"--client-port, {SiloClusterOptions.Section}:{nameof(cluster.ClientPort)}");
        if (settings.ServesHttp)
            yield return (new(IPAddress.Parse(http.Address), http.Port), $"--http, {Http.HttpOptions.Section}:{nameof(http.Port)}");
    }
}
