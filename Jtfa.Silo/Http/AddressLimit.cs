using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Http;

/// <summary>
/// Closes connections of an address that has too many open already, so that one machine cannot take the places of all others. Loopback is
/// exempt: whoever is there is on this machine, as a reverse proxy is, from which everybody comes.
/// </summary>
internal sealed partial class AddressLimit(int most, Predicate<IPAddress> isExempt, TimeProvider clock, ILogger<AddressLimit> logger)
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _open = [];
    private long? _saidAt;

    /// <summary>Limits the connections of an endpoint.</summary>
    public static void Apply(ListenOptions endpoint, HttpOptions options)
    {
        var services = endpoint.ApplicationServices;
        var limit = new AddressLimit(
            options.MaxConnectionsPerAddress, IPAddress.IsLoopback, services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<AddressLimit>>());
        endpoint.Use(limit.Guard);
    }

    /// <summary>The middleware.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address } || isExempt(Plain(address)))
        {
            await next(connection);
            return;
        }

        var host = HostOf(address);
        if (!Enter(host))
        {
            connection.Abort(new ConnectionAbortedException($"{address} has {most} connections already"));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Leave(host);
        }
    };

    /// <summary>What counts as one: an IPv4 address, also where it comes as IPv6; an IPv6 /64, all of which one machine may use.</summary>
    public static IPAddress HostOf(IPAddress address)
    {
        address = Plain(address);
        if (address.AddressFamily == AddressFamily.InterNetwork) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private bool Enter(IPAddress host)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(host);
            if (open < most)
            {
                _open[host] = open + 1;
                return true;
            }

            if (_saidAt is { } said && clock.GetElapsedTime(said) < s_quiet) return false;
            _saidAt = clock.GetTimestamp();
        }

        LogFull(host, most);
        return false;
    }

    private void Leave(IPAddress host)
    {
        lock (_gate)
        {
            if (--_open[host] == 0) _open.Remove(host);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Host} has {Most} HTTP connections and gets no more: end some there, or raise Jtfa:Http:MaxConnectionsPerAddress")]
    private partial void LogFull(IPAddress host, int most);
}
