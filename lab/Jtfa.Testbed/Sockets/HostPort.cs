using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Jtfa.Testbed.Sockets;

/// <summary>Reads the addresses of command lines. IPv4, as traces hold it.</summary>
public static class HostPort
{
    /// <summary>Finds where datagrams go.</summary>
    /// <param name="text">host:port; the host a name or an IPv4 address, the port 1 … 65535.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    /// <exception cref="ArgumentException">It is not of that form.</exception>
    /// <exception cref="TestbedException">The host has no IPv4 address.</exception>
    public static async Task<IPEndPoint> FindAsync(string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        if (colon < 1 || !TryPort(text[(colon + 1)..], out var port) || port == 0)
            throw new ArgumentException($"'{text}': allowed is host:port");
        var host = text[..colon];
        if (IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetwork)
            return new IPEndPoint(address, port);
        try
        {
            var found = await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork, cancellationToken);
            if (found is [var first, ..]) return new IPEndPoint(first, port);
        }
        catch (SocketException exception)
        {
            throw new TestbedException($"{host}: no such host ({exception.Message}); name one that has an IPv4 address", exception);
        }

        throw new TestbedException($"{host} has no IPv4 address: name one that has");
    }

    /// <summary>Reads where to listen.</summary>
    /// <param name="text">[address:]port; the address one of this machine's, by default the loopback, 0.0.0.0 for all; port 0 for
    /// any.</param>
    /// <exception cref="ArgumentException">It is not of that form.</exception>
    public static IPEndPoint Listen(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        var address = IPAddress.Loopback;
        if (TryPort(text[(colon + 1)..], out var port)
            && (colon < 0 || (IPAddress.TryParse(text[..colon], out address!) && address.AddressFamily == AddressFamily.InterNetwork)))
            return new IPEndPoint(address, port);
        throw new ArgumentException(
            $"'{text}': allowed is a port (0 for any), or an IPv4 address of this machine and a port such as 0.0.0.0:6005");
    }

    private static bool TryPort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}
