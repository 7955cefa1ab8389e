using System.Net;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo.Ingress;

/// <summary>Where the cameras of a cluster reach a silo's gateway.</summary>
internal static class GatewayAddresses
{
    /// <summary>The addresses of the gateway's sockets, host:port.</summary>
    /// <param name="configuration">The silo's configuration.</param>
    /// <param name="own">The silo's own address in the cluster.</param>
    public static IEnumerable<string> Resolve(IConfiguration configuration, IPAddress own)
    {
        var ingress = configuration.GetSection(IngressOptions.Section).Get<IngressOptions>() ?? new IngressOptions();
        if (ingress.Faults().Any()) return []; // reported when the options are validated
        var address = IPAddress.Parse(ingress.Address);
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) address = own;

        // Other machines cannot reach this silo's loopback.
        if (IPAddress.IsLoopback(address) && !IPAddress.IsLoopback(own)) return [];
        IEnumerable<IngressSocketOptions> sockets = ingress.Sockets.Count > 0 ? ingress.Sockets : [new IngressSocketOptions()];
        return sockets.Where(socket => socket.Port > 0).Select(socket => new IPEndPoint(address, socket.Port).ToString());
    }
}
