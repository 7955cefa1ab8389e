using System.Net;
using System.Net.Sockets;
using Jtfa.Silo;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Cli;

/// <summary>A silo for one command in this process, beside those that may run on this machine already.</summary>
internal static class SiloBeside
{
    /// <summary>Starts it.</summary>
    /// <param name="settings">Its configuration, which overrides the working folder's and the environment's.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="SiloStartException">It cannot start.</exception>
    public static Task<IHost> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        // Orleans wants a port for silos, though none will call.
        var configuration = SiloConfiguration.Read(
            [
                new("Jtfa:Cluster:SiloPort", FormattableString.Invariant($"{FreePort()}")), new("Jtfa:Cluster:ClientPort", "0"),
                .. settings,
            ],
            defaults: LogLevels.Quiet);
        return SiloRun.StartAsync(() => Silo.Program.BuildHost(configuration), cancellationToken);
    }

    /// <summary>A TCP port of loopback that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
