using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace Jtfa.Silo.Cluster;

/// <summary>TLS between silos, both sides showing a certificate of one authority.</summary>
internal static partial class SiloTls
{
    /// <summary>Encrypts this silo's connections where the options say so.</summary>
    public static void AddTls(this ISiloBuilder silo, SiloTlsOptions options)
    {
        if (options.Certificate.Length == 0) return;
        var certificate = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key);
        var authority = X509Certificate2.CreateFromPem(File.ReadAllText(options.Authority));
        silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloInboundConnection(builder => builder.TellOfStrangers("silo"));
            connections.ConfigureGatewayInboundConnection(builder => builder.TellOfStrangers("client"));
        });
        silo.UseTls(certificate, tls =>
        {
            tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;

            // Silos know each other by address, but certificates hold names: so only the signer is checked.
            tls.RemoteCertificateValidation = (remote, _, _) => IsSignedBy(authority, remote);
            tls.OnAuthenticateAsClient = (_, client) => client.TargetHost = certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false);
        });
    }

    // Orleans ends such a connection itself, and would log each with the stack (SiloLogging).
    private static void TellOfStrangers(this IConnectionBuilder builder, string whom)
    {
        var (logger, pace) = builder.ForRefusals();
        builder.Use(next => async connection =>
        {
            await next(connection);
            if (connection.Features.Get<ITlsConnectionFeature>()?.RemoteCertificate is null && pace.IsDue())
                LogRefused(logger, whom, $"{connection.RemoteEndPoint}");
        });
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Refused a connection on the port for {Whom}s: {Remote} has not shown a certificate of the cluster's authority")]
    private static partial void LogRefused(ILogger logger, string whom, string remote);

    private static bool IsSignedBy(X509Certificate2 authority, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
