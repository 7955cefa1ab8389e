using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Jtfa.Silo.Cluster;

/// <summary>Who may connect to this silo, and who may call what: silos and clients that know the cluster's secret.</summary>
internal static partial class ClusterTrust
{
    /// <summary>Has both ends of every Orleans connection prove that they know the secret, and limits what clients may call.</summary>
    public static void AddTrust(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        CheckReach(cluster);
        var secret = new ClusterSecret(SecretOf(cluster));
        silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloInboundConnection(builder => builder.Accept(secret.Silos, "silo"));
            connections.ConfigureSiloOutboundConnection(builder => builder.Use(next => async connection =>
            {
                await secret.Silos.ConnectAsync(connection.Transport, $"{connection.RemoteEndPoint}", connection.ConnectionClosed);
                await next(connection);
            }));
            connections.ConfigureGatewayInboundConnection(builder => builder.Accept(secret.Clients, "client"));
        });

        // Nobody else calls this silo, so it checks no calls.
        if (HasNoPeers(cluster)) return;
        silo.AddIncomingGrainCallFilter<ClientCalls>();
    }

    // Where other machines could connect, both ends have to show a certificate.
    private static void CheckReach(SiloClusterOptions cluster)
    {
        if (cluster.Provider == ClusterProvider.Localhost || cluster.Tls.Certificate.Length > 0) return;
        if (Membership.AddressOf(cluster) is var address && !IPAddress.IsLoopback(address))
            throw new InvalidDataException(
                $"{SiloClusterOptions.Section}:Address={address}: other machines reach it, so silos need certificates; make them by " +
                $"'jtfa certificates' and set {SiloClusterOptions.Section}:Tls:Certificate, :Key and :Authority (docs/cluster.md)");
    }

    // As configured, or from its file, which the first start makes. A silo without peers has to share it with nobody.
    private static string SecretOf(SiloClusterOptions cluster) => cluster.Secret.Length > 0 ? cluster.Secret
        : HasNoPeers(cluster) ? Convert.ToHexString(RandomNumberGenerator.GetBytes(ConnectionKey.Size))
        : SecretFile.Open(cluster.SecretFile, "The cluster's secret", $"{SiloClusterOptions.Section}:{nameof(cluster.SecretFile)}");

    private static bool HasNoPeers(SiloClusterOptions cluster) => cluster is { Provider: ClusterProvider.Localhost, ClientPort: 0 };

    private static void Accept(this IConnectionBuilder builder, ConnectionKey key, string whom)
    {
        var logger = builder.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ClusterTrust));
        builder.Use(next => async connection =>
        {
            try
            {
                await key.AcceptAsync(connection.Transport, $"{connection.RemoteEndPoint}", connection.ConnectionClosed);
            }
            catch (AuthenticationException refusal)
            {
                LogRefused(logger, whom, refusal.Message, refusal.InnerException!.Message);
                return;
            }

            await next(connection);
        });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a connection on the port for {Whom}s: {Refusal} ({Reason})")]
    private static partial void LogRefused(ILogger logger, string whom, string refusal, string reason);
}
