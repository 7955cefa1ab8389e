using System.Diagnostics;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>A running cluster with its database, its folder and a client: everything goes with the test.</summary>
internal sealed class ClusterStage : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private ClusterStage(PostgresServer database, Workspace workspace) => (Database, Workspace) = (database, workspace);

    public PostgresServer Database { get; }

    public Workspace Workspace { get; }

    public RunningCluster Cluster { get; private set; } = null!;

    public ClusterClient Client { get; private set; } = null!;

    /// <summary>Starts a server, a cluster and a client; skips the test where there is no PostgreSQL.</summary>
    public static async Task<ClusterStage> StartAsync(ClusterPlan plan)
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var cancellation = TestContext.Current.CancellationToken;
        var stage = new ClusterStage(await PostgresServer.StartAsync(cancellation), new Workspace());
        try
        {
            stage.Cluster = await RunningCluster.StartAsync(stage.Workspace, plan, await stage.Database.CreateDatabaseAsync(cancellation));
            stage.Client = await ClusterClient.ConnectAsync(stage.Cluster);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var waited = Stopwatch.StartNew();
        while (!await isSo())
        {
            Assert.True(waited.Elapsed < s_deadline, $"It was not so within {s_deadline}.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Client is not null) await Client.DisposeAsync();
        if (Cluster is not null) await Cluster.DisposeAsync();
        await Database.DisposeAsync();
        Workspace.Dispose();
    }
}
