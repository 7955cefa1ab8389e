using System.Net;
using System.Net.NetworkInformation;
using System.Reflection;
using Jtfa.Client;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Orleans.Concurrency;

namespace Jtfa.Cluster.Tests;

/// <summary>Who may connect to a cluster's silos, and what they may call.</summary>
public sealed class TrustTests
{
    private const int TestTimeout = 180_000;

    private static readonly Type[] s_noText = [typeof(CancellationToken), typeof(DateTimeOffset), typeof(TimeSpan)];

    // Whose key names a silo.
    private static readonly Type[] s_onNamedSilos = [typeof(IStageGrain), typeof(ISiloCapabilityGrain), typeof(IModelPiecesGrain)];

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
        var orleans = known.Orleans();
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
            ("management", () => orleans.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero)),
        ];
        foreach (var (what, call) in forbidden)
        {
            var refusal = await Assert.ThrowsAsync<UnauthorizedAccessException>(call);
            Assert.Contains("silos of the cluster only", refusal.Message, StringComparison.Ordinal);
            TestContext.Current.SendDiagnosticMessage($"{what} was refused");
        }

        // Whatever has no mark is refused, also what is added later.
        var unmarked = GrainMethods(isForClients: false);
        Assert.Contains(unmarked, method => method.Name == nameof(ISceneGrain.ReportAsync));
        foreach (var method in unmarked)
        {
            object?[] nothing = [.. method.GetParameters().Select(
                parameter => parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null)];
            var key = method.DeclaringType == typeof(IFusionWindowGrain) ? "yard-0/0"
                : s_onNamedSilos.Contains(method.DeclaringType) ? "yard-0/fusion-0"
                : "yard-0";
            var call = () => (Task)method.Invoke(orleans.GetGrain(method.DeclaringType!, key), nothing)!;
            // The filter is the same for a call without an answer, but its caller hears of nothing.
            if (method.IsDefined(typeof(OneWayAttribute))) await call();
            else await Assert.ThrowsAsync<UnauthorizedAccessException>(call);
        }

        // What may be called takes no name of a file for one of a camera or a scene.
        foreach (var path in new[] { "../../yard-0", "/etc/passwd", "yard-0/view-0 -f lavfi -i x -y out.mp4" })
        {
            await Assert.ThrowsAnyAsync<Exception>(() => orleans.GetGrain<ICameraViewGrain>(path).StartAsync(Cancellation));
            await Assert.ThrowsAnyAsync<Exception>(() => orleans.GetGrain<ISceneGrain>(path).SetPolicyAsync(new(), Cancellation));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => Scene(orleans).SetPolicyAsync(new ScenePolicy { K = -1 }, Cancellation));
        Assert.Equal(files, FilesOf(stage.Workspace));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(Path.Combine(stage.Workspace.Path, "jtfa-cluster.secret")));
        Assert.All((await cluster.ReadLogAsync()).Numbers.Keys, row => Assert.Equal("yard-0", row.Scene));
    }

    // All text that a client can send. A name of a file or a program, or options of one, would stand here.
    [Fact]
    public void What_clients_may_call_takes_no_name_of_a_file_or_a_program()
    {
        string[] known =
        [
            "DecisionQuery.Cursor", "DecisionQuery.Scene", "DetokenizeAsync tokens", "EmbedAsync texts", "GetAfterAsync scene",
            "GetStatisticsAsync scene", "MinuteQuery.Scene", "ProposeAsync plan", "TextRequest.JsonSchema", "TextRequest.LogitBias",
            "TextRequest.Messages", "TextRequest.Model", "TextRequest.Note", "TextRequest.Owner", "TextRequest.Prompt",
            "TextRequest.PromptTokens", "TextRequest.Stop", "TextRequest.TemplateVariables", "TokenizeAsync text",
        ];
        var text = GrainMethods(isForClients: true).SelectMany(method => method.GetParameters()
            .SelectMany(parameter => Text(parameter.ParameterType, $"{method.Name} {parameter.Name}"))).Distinct();
        Assert.Equal(known, text.Order(StringComparer.Ordinal));
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
            using var client = await StrangerClient.ConnectAsync(
                client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, silos)));
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
        foreach (var named in new[] { "--address 192.0.2.7", "jtfa certificates", "Jtfa:Cluster:Tls:Certificate" })
            Assert.Contains(named, line, StringComparison.Ordinal);
    }

    private static MethodInfo[] GrainMethods(bool isForClients) =>
        [.. typeof(ISceneGrain).Assembly.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))
            .SelectMany(type => type.GetMethods())
            .Where(method => isForClients == (method.IsDefined(typeof(ForClientsAttribute))
                || method.DeclaringType!.IsDefined(typeof(ForClientsAttribute))))];

    // Where a value of a type has text, by the member; what is not ours counts as text where it is not known to have none.
    private static IEnumerable<string> Text(Type type, string where)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsPrimitive || type.IsEnum || s_noText.Contains(type)) return [];
        var isOurs = type.Assembly == typeof(ISceneGrain).Assembly || type.Assembly == typeof(Decision).Assembly;
        return !isOurs ? [where] : type.GetProperties()
            .Where(property => property.IsDefined(typeof(IdAttribute)))
            .SelectMany(property => Text(property.PropertyType, $"{type.Name}.{property.Name}"));
    }

    private static ISceneGrain Scene(IGrainFactory client) => client.GetGrain<ISceneGrain>("yard-0");

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    private static string[] FilesOf(Workspace workspace) => [.. Directory.GetFiles(workspace.Path).Order()];

    private static async Task<Exception?> FaultOfAsync(RunningCluster cluster, string? clientSecret, Func<IClusterClient, Task> call)
    {
        try
        {
            using var client = await ConnectAsync(cluster, clientSecret);
            await call(client.Orleans());
            return null;
        }
        catch (Exception fault) when (!Cancellation.IsCancellationRequested)
        {
            return fault;
        }
    }

    private static Task<IHost> ConnectAsync(RunningCluster cluster, string? clientSecret) => StrangerClient.ConnectAsync(client =>
    {
        client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.ConnectionString));
        if (clientSecret is not null) client.UseJtfaClientSecret(clientSecret);
    });
}
