using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Cli.Doctor;

/// <summary>A port that a silo started in this folder would take.</summary>
/// <param name="Protocol">UDP or TCP.</param>
/// <param name="EndPoint">Where.</param>
/// <param name="Option">How another is chosen.</param>
/// <param name="IsFree">Whether it could take it now.</param>
/// <param name="Holder">Who has it; null where it is free, or nobody tells.</param>
internal sealed record SiloPort(
    string Protocol, [property: JsonIgnore] IPEndPoint EndPoint, string Option, bool IsFree, PortHolder? Holder)
{
    /// <summary>The address and port.</summary>
    public string Address => EndPoint.ToString();

    /// <summary>All of them, as they are now.</summary>
    /// <param name="configuration">The silo's.</param>
    public static IReadOnlyList<SiloPort> All(IConfiguration configuration)
    {
        var ingress = configuration.GetSection(IngressOptions.Section).Get<IngressOptions>() ?? new IngressOptions();
        var http = configuration.GetSection(HttpOptions.Section).Get<HttpOptions>() ?? new HttpOptions();
        var cluster = configuration.GetSection(SiloClusterOptions.Section).Get<SiloClusterOptions>() ?? new SiloClusterOptions();
        var silos = cluster.Provider == ClusterProvider.Localhost ? IPAddress.Loopback : IPAddress.Any;
        IEnumerable<SiloPort> ports =
        [
            .. (ingress.Sockets.Count > 0 ? ingress.Sockets : [new()]).Select(socket =>
                Look(SocketType.Dgram, ingress.Address, socket.Port, "--port")),
            .. http.Enabled ? [Look(SocketType.Stream, http.Address, http.Port, "--http")] : Array.Empty<SiloPort>(),
            Look(SocketType.Stream, $"{silos}", cluster.SiloPort, "--silo-port"),
            Look(SocketType.Stream, $"{silos}", cluster.ClientPort, "--client-port"),
        ];
        return [.. ports.Where(port => port.EndPoint.Port > 0)];
    }

    public override string ToString() => $"{Protocol} {EndPoint}";

    private static SiloPort Look(SocketType type, string address, int port, string option)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), port);
        var isFree = IsFreeNow(type, endPoint);
        return new SiloPort(
            type == SocketType.Stream ? "TCP" : "UDP", endPoint, option, isFree,
            isFree ? null : PortHolder.Of(type == SocketType.Stream, port));
    }

    private static bool IsFreeNow(SocketType type, IPEndPoint endPoint)
    {
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, type, ProtocolType.Unspecified);
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(endPoint);
            if (type == SocketType.Stream) socket.Listen();
            return true;
        }
        catch (SocketException fault)
        {
            return fault.SocketErrorCode != SocketError.AddressAlreadyInUse; // what else is wrong the silo says
        }
    }
}
