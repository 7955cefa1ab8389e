using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>Silos that talk to each other over TLS, each showing a certificate of one authority.</summary>
public sealed class TlsTests
{
    private const int TestTimeout = 120_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Silos_with_certificates_of_one_authority_decide_together_and_another_authoritys_silo_stays_out()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var database = await PostgresServer.StartAsync(Cancellation);
        using var workspace = new Workspace();
        var connection = await database.CreateDatabaseAsync(Cancellation);
        var plan = new ClusterPlan
        {
            FusionSilos = 2,
            CameraSilos = 1,
            Scenes = 2,
            RateHz = 20,
            Options = WriteCertificates(workspace, "ours"),
        };
        await using (var cluster = await RunningCluster.StartAsync(workspace, plan, connection))
        {
            await ClusterStage.UntilAsync(async () => (await cluster.ReadLogAsync()).Numbers.Count >= 100);
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", cluster.Fusion[0].SiloPort, Cancellation);
            await using var tls = new SslStream(
                socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=silo of ours");
            await tls.AuthenticateAsClientAsync("silo");

            string[] arguments = ["--role", "fusion", "--port", "0", .. ClusterSilo.AtFreePorts(),
                .. WriteCertificates(workspace, "theirs")];
            await using var stranger = new ProgramRun(ClusterSilo.StartOf(workspace, connection, arguments));
            Assert.Equal(2, await stranger.ExitAsync());
            Assert.Matches(
                @"^jtfa: the cluster's other silos declared this one dead while it joined: .*\(Jtfa:Cluster:Secret, :SecretFile, :Tls\)$",
                stranger.Errors.Lines[^1]);

            // To it the others are the strangers.
            Assert.All(stranger.Errors.Lines[..^1], line => Assert.Contains("Refused a connection on the port for silos", line));
        }
    }

    private static string[] WriteCertificates(Workspace workspace, string name)
    {
        using var authorityKey = ECDsa.Create();
        var authorityRequest = new CertificateRequest($"CN=authority of {name}", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var key = ECDsa.Create();
        using var silo = new CertificateRequest($"CN=silo of {name}", key, HashAlgorithmName.SHA256)
            .Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(12), [1, 2, 3, 4]);
        return
        [
            "--set", $"Jtfa:Cluster:Tls:Certificate={workspace.Write($"{name}.pem", silo.ExportCertificatePem())}",
            "--set", $"Jtfa:Cluster:Tls:Key={workspace.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem())}",
            "--set", $"Jtfa:Cluster:Tls:Authority={workspace.Write($"{name}.ca.pem", authority.ExportCertificatePem())}",
        ];
    }
}
