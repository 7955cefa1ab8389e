using System.Net;
using System.Net.Sockets;
using Jtfa.Silo;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Cli;

/// <summary>A silo for one command in this process, beside those that may run on this machine already.</summary>
internal static class SiloBeside
{
    /// <summary>Starts it.</summary>
    /// <param name="settings">Its configuration, stronger than the working folder's and the environment's.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="SiloStartException">It cannot start.</exception>
    public static Task<IHost> StartAsync(IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var configuration = SiloConfiguration.Read([.. Ports(), .. settings], defaults: LogLevels.Quiet);
        return SiloRun.StartAsync(() => Silo.Program.BuildHost(configuration), cancellationToken);
    }

    // Orleans wants some, though nobody will call.
    private static IEnumerable<KeyValuePair<string, string?>> Ports()
    {
        using var silos = new TcpListener(IPAddress.Loopback, 0);
        using var clients = new TcpListener(IPAddress.Loopback, 0);
        silos.Start();
        clients.Start();
        return
        [
            new("Jtfa:Cluster:SiloPort", FormattableString.Invariant($"{((IPEndPoint)silos.LocalEndpoint).Port}")),
            new("Jtfa:Cluster:ClientPort", FormattableString.Invariant($"{((IPEndPoint)clients.LocalEndpoint).Port}")),
        ];
    }
}
