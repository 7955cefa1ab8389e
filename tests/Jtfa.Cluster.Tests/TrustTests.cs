using System.Net;
using System.Net.NetworkInformation;
using Jtfa.Client;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Jtfa.Cluster.Tests;

/// <summary>Who may connect to a cluster's silos, and what they may call.</summary>
public sealed class TrustTests
{
    private const int TestTimeout = 180_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_client_is_answered_only_with_the_secret_and_only_where_it_may_call()
    {
        await using var stage = await ClusterStage.StartAsync(
            new ClusterPlan { FusionSilos = 2, CameraSilos = 1, Scenes = 1, RateHz = 10 });
        var (cluster, files) = (stage.Cluster, FilesOf(stage.Workspace));
        Assert.Null(await FaultOfAsync(cluster, cluster.Secret.ClientSecret, client => Scene(client).GetStatisticsAsync(Cancellation)));
        foreach (var secret in new[] { null, new ClusterSecret(new string('x', 40)).ClientSecret })
            Assert.NotNull(await FaultOfAsync(cluster, secret, client => Scene(client).GetStatisticsAsync(Cancellation)));

        using var known = await ConnectAsync(cluster, cluster.Secret.ClientSecret);
        var orleans = known.Services.GetRequiredService<IClusterClient>();
        var policy = await Scene(orleans).SetPolicyAsync(new ScenePolicy { K = 2 }, Cancellation);
        Assert.Equal(2, policy.Current.K);
        await new ClusterJtfaClient(orleans).StopCameraAsync("yard-0", "view-0", Cancellation);
        var forged = new Decision
        {
            Scene = "x'; drop table decisions",
            Id = 1,
            Timestamp = 1,
            Cause = FireCause.K,
            M = -5,
            FillRatio = double.PositiveInfinity,
            Bytes = 0,
            LatMean = 0,
            P50 = 0,
            P90 = 0,
            P99 = 0,
            TailFactor = 1,
            Pred = 0,
            Gt = -1,
            Confidence = 1,
            Views = [],
        };
        (string What, Func<Task> Call)[] forbidden =
        [
            ("a report", () => Scene(orleans).ReportAsync(new LaneReport([forged], []))),
            ("traffic", () => Scene(orleans).ReportTrafficAsync("elsewhere", null, [])),
            ("an announcement", () => Scene(orleans).AnnounceAsync(0, "elsewhere")),
            ("tokens", () => orleans.GetGrain<IFusionWindowGrain>("yard-0/0").AddAsync(new TokenBatch(new ScenePolicy(), []))),
            ("management", () => orleans.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero)),
        ];
        foreach (var (what, call) in forbidden)
        {
            var refusal = await Assert.ThrowsAsync<UnauthorizedAccessException>(call);
            Assert.Contains("silos of the cluster only", refusal.Message, StringComparison.Ordinal);
            TestContext.Current.SendDiagnosticMessage($"{what} was refused");
        }

        await Assert.ThrowsAsync<ArgumentException>(() => Scene(orleans).SetPolicyAsync(new ScenePolicy { K = -1 }, Cancellation));
        Assert.Equal(files, FilesOf(stage.Workspace));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(Path.Combine(stage.Workspace.Path, "jtfa-cluster.secret")));
        Assert.All((await cluster.ReadLogAsync()).Numbers.Keys, row => Assert.Equal("yard-0", row.Scene));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_silo_with_another_secret_stays_out_and_the_others_decide_on()
    {
        await using var stage = await ClusterStage.StartAsync(
            new ClusterPlan { FusionSilos = 1, CameraSilos = 1, Scenes = 1, RateHz = 10 });
        string[] arguments =
        [
            "--role", "fusion", "--port", "0", .. ClusterSilo.AtFreePorts(), "--set", $"Jtfa:Cluster:Secret={new string('x', 40)}",
        ];
        await using var stranger = new ProgramRun(ClusterSilo.StartOf(stage.Workspace, stage.Cluster.ConnectionString, arguments));
        await stage.Cluster.Fusion[0].Program.Errors.MatchAsync(
            "Refused a connection on the port for silos: .* does not know the cluster's secret");
        Assert.Equal(2, await stranger.ExitAsync());
        var line = Assert.Single(stranger.Errors.Lines, line => line.StartsWith("jtfa: ", StringComparison.Ordinal));
        Assert.Contains("Jtfa:Cluster:Secret", line, StringComparison.Ordinal);
        stage.Client.Follow(["yard-0"]);
        await stage.Client.Heard.AllDecideAfterAsync(["yard-0"], stage.Client.Heard.Now, s_patience);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_silo_that_is_alone_takes_no_clients_and_listens_on_loopback_only()
    {
        using var workspace = new Workspace();
        var (silos, http) = (FreePorts.Next(), FreePorts.Next());
        await using var silo = new ProgramRun(ProgramRun.StartOf(
            workspace, ["silo", "--scene", "lobby", "--port", "0", "--silo-port", $"{silos}", "--http", $"127.0.0.1:{http}"]));
        await silo.Errors.MatchAsync("Silo is up");

        var own = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(end => end.Port == silos || end.Port == http);
        Assert.All(own, end => Assert.True(IPAddress.IsLoopback(end.Address)));
        Assert.DoesNotContain(IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(), end => end.Port == 30000);
        Assert.Empty(Directory.GetFiles(workspace.Path, "*.secret"));
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var client = await ConnectAsync(client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, silos)), null);
        });
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_silo_that_other_machines_reach_needs_certificates()
    {
        using var workspace = new Workspace();
        var end = await ProgramRun.ToEndAsync(ClusterSilo.StartOf(
            workspace, "Host=127.0.0.1;Port=1;Database=jtfa;Username=jtfa", ["--role", "fusion", "--port", "0", "--address", "192.0.2.7"]));
        Assert.Equal(2, end.ExitCode);
        var line = Assert.Single(end.Errors);
        foreach (var named in new[] { "Jtfa:Cluster:Address=192.0.2.7", "jtfa certificates", "Jtfa:Cluster:Tls:Certificate" })
            Assert.Contains(named, line, StringComparison.Ordinal);
    }

    private static ISceneGrain Scene(IGrainFactory client) => client.GetGrain<ISceneGrain>("yard-0");

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    private static string[] FilesOf(Workspace workspace) => [.. Directory.GetFiles(workspace.Path).Order()];

    private static async Task<Exception?> FaultOfAsync(RunningCluster cluster, string? clientSecret, Func<IClusterClient, Task> call)
    {
        try
        {
            using var client = await ConnectAsync(cluster, clientSecret);
            await call(client.Services.GetRequiredService<IClusterClient>());
            return null;
        }
        catch (Exception fault) when (!Cancellation.IsCancellationRequested)
        {
            return fault;
        }
    }

    private static Task<IHost> ConnectAsync(RunningCluster cluster, string? clientSecret) => ConnectAsync(
        client => client.UseAdoNetClustering(
            options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.ConnectionString)),
        clientSecret);

    private static async Task<IHost> ConnectAsync(Action<IClientBuilder> clustering, string? clientSecret)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("jtfa", "jtfa"));
            clustering(client);
            if (clientSecret is not null) client.UseJtfaClientSecret(clientSecret);
        });
        var host = builder.Build();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(s_patience);
        await host.StartAsync(limit.Token).WaitAsync(s_patience, Cancellation);
        return host;
    }
}
