using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Jtfa.Client;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Interfaces;
using Jtfa.Testbed.Hosts;
using Orleans.Connections.Security;

namespace Jtfa.Cluster.Tests;

/// <summary>What strangers on another host get from a cluster with certificates and a secret: nothing.</summary>
public sealed class StrangerTests(ITestOutputHelper output)
{
    private const int Active = 3;
    private const int Connections = 200;

    private static ClusterSecret AnotherSecret => new(new string('x', 40));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task From_another_host_no_client_is_answered_no_silo_joins_and_no_file_is_written()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var network = await Namespaces.CreateAsync(2, Cancellation);
        await using var database = await PostgresServer.StartAsync(Cancellation);
        using var workspace = new Workspace();
        using var theirs = new Workspace();
        foreach (var folder in new[] { workspace, theirs })
            Assert.Equal(0, (await ProgramRun.JtfaToEndAsync(folder, "certificates", "silo", "client")).ExitCode);
        var plan = new ClusterPlan
        {
            FusionSilos = 1,
            CameraSilos = 1,
            Scenes = 1,
            RateHz = 20,
            Hosts = [network.Fusion, network.Views[0]],
            Options = Certificates(workspace),
        };
        var connection = database.SocketConnectionString(await database.CreateDatabaseAsync(Cancellation));
        await using var cluster = await RunningCluster.StartAsync(workspace, plan, connection);
        await ClusterStage.UntilAsync(async () => (await cluster.ReadLogAsync()).Numbers.Count >= 20);
        var (silo, stranger) = (cluster.Fusion[0], network.Views[1]);
        var files = FilesOf(workspace);

        await CheckClientsAsync(cluster, new IPEndPoint(network.Fusion.Address, silo.ClientPort), stranger.Namespace!, workspace, theirs);
        await CheckSilosAsync(cluster, stranger, workspace, theirs);
        await FloodAsync(stranger, new IPEndPoint(network.Fusion.Address, silo.SiloPort));
        await FloodAsync(stranger, new IPEndPoint(network.Fusion.Address, silo.ClientPort));

        // It decides on.
        var before = (await cluster.ReadLogAsync()).Numbers.Count;
        await ClusterStage.UntilAsync(async () => (await cluster.ReadLogAsync()).Numbers.Count >= before + 20);
        Assert.All((await cluster.ReadLogAsync()).Numbers.Keys, row => Assert.Equal("yard-0", row.Scene));
        Assert.Equal(files, FilesOf(workspace));

        // Whoever knocks often is not written about as often.
        output.WriteLine($"the fusion silo wrote {silo.Program.Errors.Lines.Length} lines");
        Assert.InRange(silo.Program.Errors.Lines.Length, 0, 100);
    }

    private static async Task CheckClientsAsync(
        RunningCluster cluster, IPEndPoint clientPort, NetworkNamespace from, Workspace workspace, Workspace theirs)
    {
        await using var detour = DetourPort.From(from, clientPort);
        var secret = cluster.Secret.ClientSecret;
        using var own = Certificate(workspace);
        using var other = Certificate(theirs);
        (string Who, bool IsAnswered, Action<IClientBuilder> Encrypt, string? Secret)[] clients =
        [
            ("certificate and secret", true, client => client.UseTls(own, Encrypt), secret),
            ("no encryption", false, _ => { }, secret),
            ("no certificate", false, client => client.UseTls(Encrypt), secret),
            ("another authority's certificate", false, client => client.UseTls(other, Encrypt), secret),
            ("no secret", false, client => client.UseTls(own, Encrypt), null),
            ("another secret", false, client => client.UseTls(own, Encrypt), AnotherSecret.ClientSecret),
            ("nothing", false, _ => { }, null),
        ];

        // All at once, since those that are refused try on for a while.
        var faults = await Task.WhenAll(clients.Select(client => Record.ExceptionAsync(async () =>
        {
            using var connected = await StrangerClient.ConnectAsync(builder =>
            {
                builder.UseStaticClustering(detour.EndPoint);
                client.Encrypt(builder);
                if (client.Secret is not null) builder.UseJtfaClientSecret(client.Secret);
            });
            await connected.Orleans().GetGrain<ISceneGrain>("yard-0").GetStatisticsAsync(Cancellation);
        }).AsTask()));
        Assert.All(clients.Zip(faults), tried =>
            Assert.True(tried.First.IsAnswered == (tried.Second is null), $"{tried.First.Who}: {tried.Second}"));
    }

    private static void Encrypt(TlsOptions tls)
    {
        tls.RemoteCertificateValidation = (_, _, _) => true;
        tls.OnAuthenticateAsClient = (_, options) => options.TargetHost = "silo";
    }

    private async Task CheckSilosAsync(RunningCluster cluster, TestHost from, Workspace workspace, Workspace theirs)
    {
        var history = await MembershipHistory.BeginAsync(cluster.ConnectionString);
        (string Who, string[] Options)[] silos =
        [
            ("another secret", [.. Certificates(workspace), "--set", $"Jtfa:Cluster:Secret={new string('x', 40)}"]),
            ("no secret, and so one that it makes", Certificates(workspace)),
            ("the secret, but another authority's certificate",
                [.. Certificates(theirs), "--set", $"Jtfa:Cluster:SecretFile={workspace["jtfa-cluster.secret"]}"]),
        ];
        foreach (var (who, options) in silos)
        {
            var port = FreePorts.Next();
            string[] arguments =
            [
                "--role", "fusion", "--port", "0", "--address", $"{from.Address}", "--silo-port", $"{port}", .. options,
            ];
            var start = ClusterSilo.StartOf(theirs, cluster.ConnectionString, arguments);
            start.Precede(from.Namespace!.Prefix());
            await using var silo = new ProgramRun(start);
            Assert.Equal(2, await silo.ExitAsync());
            var statuses = await history.OfAsync(port);
            output.WriteLine($"{who}: {string.Join(", ", statuses)}; {silo.Errors.Lines[^1]}");
            Assert.NotEmpty(statuses);
            Assert.DoesNotContain(Active, statuses);
        }
    }

    private static async Task FloodAsync(TestHost from, IPEndPoint to)
    {
        var garbage = RandomNumberGenerator.GetBytes(1 << 14);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                var socket = await from.MakeAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                sockets.Add(socket);
                await socket.ConnectAsync(to, Cancellation);

                // The silo may have closed it by then.
                await Record.ExceptionAsync(async () => await socket.SendAsync(garbage, Cancellation));
            }
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static X509Certificate2 Certificate(Workspace folder) =>
        X509Certificate2.CreateFromPemFile(folder["certificates/client.pem"], folder["certificates/client.key"]);

    private static string[] Certificates(Workspace folder) =>
    [
        "--set", $"Jtfa:Cluster:Tls:Certificate={folder["certificates/silo.pem"]}",
        "--set", $"Jtfa:Cluster:Tls:Key={folder["certificates/silo.key"]}",
        "--set", $"Jtfa:Cluster:Tls:Authority={folder["certificates/authority.pem"]}",
    ];

    private static string[] FilesOf(Workspace workspace) =>
        [.. Directory.GetFiles(workspace.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
