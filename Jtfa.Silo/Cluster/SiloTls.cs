using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace Jtfa.Silo.Cluster;

/// <summary>TLS between silos, both sides showing a certificate of one authority.</summary>
internal static class SiloTls
{
    /// <summary>Encrypts this silo's connections where the options say so.</summary>
    public static void AddTls(this ISiloBuilder silo, SiloTlsOptions options)
    {
        if (options.Certificate.Length == 0) return;
        var certificate = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key);
        var authority = X509Certificate2.CreateFromPem(File.ReadAllText(options.Authority));
        silo.UseTls(certificate, tls =>
        {
            tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;

            // Silos know each other by address, but certificates hold names: so only the signer is checked.
            tls.RemoteCertificateValidation = (remote, _, _) => IsSignedBy(authority, remote);
            tls.OnAuthenticateAsClient = (_, client) => client.TargetHost = certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false);
        });
    }

    private static bool IsSignedBy(X509Certificate2 authority, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
