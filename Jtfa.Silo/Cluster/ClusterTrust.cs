using System.IO.Pipelines;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using Jtfa.Interfaces;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Serialization.Session;

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
            connections.ConfigureGatewayInboundConnection(builder =>
            {
                builder.Accept(secret.Clients, "client");
                builder.CheckMessages();
            });
        });

        // Nobody else calls this silo, so it checks no calls.
        if (HasNoPeers(cluster)) return;
        silo.AddIncomingGrainCallFilter<ClientCalls>();
    }

    /// <summary>What logs refusals of a port's connections, and how often.</summary>
    public static (ILogger Logger, RefusalPace Pace) ForRefusals(this IConnectionBuilder builder) => (
        builder.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ClusterTrust)),
        new RefusalPace(builder.ApplicationServices.GetRequiredService<TimeProvider>()));

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
        var (logger, pace) = builder.ForRefusals();
        builder.Use(next => async connection =>
        {
            try
            {
                await key.AcceptAsync(connection.Transport, $"{connection.RemoteEndPoint}", connection.ConnectionClosed);
            }
            catch (AuthenticationException refusal)
            {
                if (pace.IsDue()) LogRefused(logger, whom, refusal.Message, refusal.InnerException!.Message);
                return;
            }

            await next(connection);
        });
    }

    private static void CheckMessages(this IConnectionBuilder builder)
    {
        var (logger, pace) = builder.ForRefusals();
        var services = builder.ApplicationServices;
        var (preambles, sessions) = (
            services.GetRequiredService<Serializer<ClientPreamble>>(), services.GetRequiredService<SerializerSessionPool>());
        builder.Use(next => async connection =>
        {
            var transport = connection.Transport;
            var input = new CheckedInput(transport.Input, new ClientMessages(preambles, sessions), fault =>
            {
                if (pace.IsDue()) LogEnded(logger, $"{connection.RemoteEndPoint}", fault);
            });
            connection.Transport = new Duplex(input, transport.Output);
            try
            {
                await next(connection);
            }
            finally
            {
                // It is closed by what made it.
                connection.Transport = transport;
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ended the connection of the client at {Remote}: {Fault}")]
    private static partial void LogEnded(ILogger logger, string remote, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a connection on the port for {Whom}s: {Refusal} ({Reason})")]
    private static partial void LogRefused(ILogger logger, string whom, string refusal, string reason);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
