using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Jtfa.Client;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>
/// A running cluster whose silos are on hosts of their own, as network namespaces, with TLS between them. They reach the database over its
/// socket file, whatever happens to their links.
/// </summary>
internal sealed class HostsStage : IAsyncDisposable
{
    private static readonly string[] s_tls =
    [
        "--set", "Jtfa:Cluster:Tls:Certificate=certificates/silo.pem", "--set", "Jtfa:Cluster:Tls:Key=certificates/silo.key",
        "--set", "Jtfa:Cluster:Tls:Authority=certificates/authority.pem",
    ];

    private readonly List<HttpClient> _http = [];

    private HostsStage(HostNetwork network, PostgresServer database, Workspace workspace) =>
        (Network, Database, Workspace) = (network, database, workspace);

    public HostNetwork Network { get; }

    public PostgresServer Database { get; }

    public Workspace Workspace { get; }

    public RunningCluster Cluster { get; private set; } = null!;

    /// <summary>What one client on each fusion silo's host has heard of, over the silo's HTTP API.</summary>
    public HeardDecisions Heard { get; } = new();

    /// <summary>Starts it; skips the test where there is no PostgreSQL, or no namespace can be made.</summary>
    /// <param name="plan">The cluster, without hosts.</param>
    public static async Task<HostsStage> StartAsync(ClusterPlan plan)
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var cancellation = TestContext.Current.CancellationToken;
        var network = await Namespaces.CreateAsync(plan.FusionSilos + plan.CameraSilos - 1, cancellation);
        var stage = new HostsStage(network, await PostgresServer.StartAsync(cancellation), new Workspace());
        try
        {
            var made = await ProgramRun.JtfaToEndAsync(stage.Workspace, "certificates", "silo");
            Assert.Equal(0, made.ExitCode);
            var connection = stage.Database.SocketConnectionString(await stage.Database.CreateDatabaseAsync(cancellation));
            stage.Cluster = await RunningCluster.StartAsync(
                stage.Workspace, plan with { Hosts = [network.Fusion, .. network.Views], Options = [.. plan.Options, .. s_tls] },
                connection);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of a silo's HTTP API, on its host.</summary>
    public static HttpClient Http(ClusterSilo silo) => new(HandlerOn(silo.Host!))
    {
        BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{silo.HttpPort}")),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Begins to follow every scene at every fusion silo.</summary>
    public void Follow()
    {
        foreach (var silo in Cluster.Fusion)
        {
            var http = Http(silo);
            _http.Add(http);
            var options = new HttpJtfaOptions { Http = http, MaxDelay = TimeSpan.FromSeconds(1), MaxRetryAfter = TimeSpan.FromSeconds(1) };
            Heard.Follow(new HttpJtfaClient(http.BaseAddress!, options), Cluster.Plan.SceneNames);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Heard.DisposeAsync();
        _http.ForEach(http => http.Dispose());
        if (Cluster is not null) await Cluster.DisposeAsync();
        await Database.DisposeAsync();
        await Network.DisposeAsync();
        Workspace.Dispose();
    }

    // Connects from the host, on its own loopback.
    private static SocketsHttpHandler HandlerOn(TestHost host) => new()
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = await host.MakeAsync(() => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
