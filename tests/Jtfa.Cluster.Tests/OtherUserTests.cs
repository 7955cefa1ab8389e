using System.Net;
using Jtfa.Client;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Interfaces;

namespace Jtfa.Cluster.Tests;

/// <summary>What another user of a silo's own machine gets from it: nothing.</summary>
[Collection(nameof(AloneCollection))]
public sealed class OtherUserTests
{
    private const int Active = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Another_user_reads_no_file_is_not_answered_without_the_secret_and_starts_no_silo_of_the_cluster()
    {
        LongForm.Needed(seconds: 50);
        var user = OtherUser.Get();
        await using var stage = await ClusterStage.StartAsync(
            new ClusterPlan { FusionSilos = 1, CameraSilos = 1, Scenes = 1, RateHz = 10 });
        var (cluster, workspace) = (stage.Cluster, stage.Workspace);

        // The files' own modes are to protect them, not the folder's.
        Open(workspace.Path);
        Assert.Equal(["camera-0.json", "fusion-0.json"], await user.ReachedFilesAsync(workspace.Path));
        Assert.Contains("jtfa-cluster.secret", Directory.GetFiles(workspace.Path).Select(Path.GetFileName));

        await using var detour = DetourPort.From(user, new IPEndPoint(IPAddress.Loopback, cluster.Fusion[0].ClientPort));
        foreach (var secret in new[] { null, new ClusterSecret(new string('x', 40)).ClientSecret, cluster.Secret.ClientSecret })
        {
            var fault = await Record.ExceptionAsync(async () =>
            {
                using var client = await StrangerClient.ConnectAsync(builder =>
                {
                    builder.UseStaticClustering(detour.EndPoint);
                    if (secret is not null) builder.UseJtfaClientSecret(secret);
                });
                await client.Orleans().GetGrain<ISceneGrain>("yard-0").GetStatisticsAsync(Cancellation);
            });
            Assert.True(secret == cluster.Secret.ClientSecret == (fault is null), $"{secret}: {fault}");
        }

        await CheckSiloAsync(cluster, user, workspace["jtfa-cluster.secret"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_user_reads_nothing_of_what_a_silo_keeps()
    {
        var user = OtherUser.Get();
        using var workspace = new Workspace();
        Open(workspace.Path);
        string[] arguments =
        [
            "silo", "--head", workspace.WriteHead(), "--port", "0", "--db", workspace.Database, "--csv", workspace["decisions.csv"],
            "--set", $"Jtfa:Telemetry:SpanFile={workspace["spans.jsonl"]}", "--set", "Jtfa:Http:RequireToken=true", .. RunningSilo.Ports(),
        ];
        await using var silo = ProgramRun.Jtfa(workspace, arguments);
        await silo.Errors.MatchAsync("Silo is up");

        var files = Directory.GetFiles(workspace.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName).ToHashSet();
        Assert.Superset(new HashSet<string?> { "jtfa.db", "decisions.csv", "spans.jsonl", "jtfa-http.token" }, files);
        Assert.Equal(["head.npz"], await user.ReachedFilesAsync(workspace.Path));
    }

    // Even with the database's password; in a folder of the user's own, where the secret's file cannot be another's.
    private static async Task CheckSiloAsync(RunningCluster cluster, OtherUser user, string secretFile)
    {
        var history = await MembershipHistory.BeginAsync(cluster.ConnectionString);
        using var own = new Workspace();
        await user.OwnAsync(own.Path);
        foreach (var options in (string[][])[[], ["--set", $"Jtfa:Cluster:SecretFile={secretFile}"]])
        {
            var port = FreePorts.Next();
            var start = ClusterSilo.StartOf(
                own, cluster.ConnectionString,
                ["--role", "fusion", "--port", "0", "--address", "127.0.0.1", "--silo-port", $"{port}", .. options]);
            start.Precede(user.Prefix);
            await using var silo = new ProgramRun(start);
            Assert.Equal(2, await silo.ExitAsync());
            Assert.DoesNotContain(Active, await history.OfAsync(port));
            if (options.Length > 0) Assert.Contains($"cannot be kept in {secretFile}", silo.Errors.Text, StringComparison.Ordinal);
        }
    }

    private static void Open(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode others = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | others);
    }
}
