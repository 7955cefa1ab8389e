using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>What an operator gets wrong about a cluster: a line that names it, and never the password.</summary>
public sealed class BadInputTests
{
    private const int TestTimeout = 120_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_database_that_is_not_there_or_refuses_is_one_line_without_the_password()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var database = await PostgresServer.StartAsync(Cancellation);
        using var workspace = new Workspace();
        (string Connection, string[] Named)[] wrong =
        [
            ($"Host=127.0.0.1;Port={FreePorts.Next()};Database=jtfa;Username=jtfa;Password={PostgresServer.Password}",
                ["/jtfa", "cannot be reached"]), // which would be waited for
            (database.ConnectionString("nowhere"), [$"127.0.0.1:{database.Port}/nowhere"]),
            (database.ConnectionString("postgres", password: $"not-{PostgresServer.Password}"),
                [$"127.0.0.1:{database.Port}/postgres", "password"]),
            ($"nonsense {PostgresServer.Password}", ["Jtfa:Cluster:ConnectionString"]),
        ];
        foreach (var (connection, named) in wrong)
        {
            string[] arguments =
            [
                "--role", "fusion", "--port", "0", "--set", "Jtfa:Cluster:DatabaseWait=00:00:00", .. ClusterSilo.AtFreePorts(),
            ];
            var end = await ProgramRun.ToEndAsync(ClusterSilo.StartOf(workspace, connection, arguments));
            Assert.NotEqual(0, end.ExitCode);
            var line = Assert.Single(end.Errors);
            Assert.StartsWith("jtfa: ", line, StringComparison.Ordinal);
            Assert.All(named, word => Assert.Contains(word, line, StringComparison.Ordinal));
            Assert.DoesNotContain(PostgresServer.Password, line, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_cluster_name_that_no_other_silo_has_and_a_view_that_two_silos_declare_are_warned_of()
    {
        await using var stage = await ClusterStage.StartAsync(new ClusterPlan
        {
            FusionSilos = 1,
            CameraSilos = 2,
            Scenes = 1,
            RateHz = 10,
            CameraOptions =
            [
                "--set", "Jtfa:Cameras:9:Scene=yard-0", "--set", "Jtfa:Cameras:9:Camera=gate", "--set", "Jtfa:Cameras:9:Source:Kind=Random",
            ],
        });
        var declared = stage.Cluster.Cameras.Select(silo => silo.Program.Errors.MatchAsync(
            $@"Camera view yard-0/gate is declared by this silo \(127\.0\.0\.1:{silo.SiloPort}\) and by 127\.0\.0\.1:\d+ too"));
        await Task.WhenAll(declared);

        string[] arguments = ["--role", "fusion", "--cluster-id", "jtaf", "--port", "0", .. ClusterSilo.AtFreePorts()];
        await using var astray = new ProgramRun(ClusterSilo.StartOf(stage.Workspace, stage.Cluster.ConnectionString, arguments));
        await astray.Errors.MatchAsync(
            @"Cluster 'jtaf' has no other silo, but the database 127\.0\.0\.1:\d+/\w+ has 'jtfa' \(3 silos\): is --cluster-id right\?");
        foreach (var silo in stage.Cluster.Members)
            Assert.DoesNotContain(PostgresServer.Password, silo.Program.Errors.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_clock_that_is_five_seconds_ahead_is_warned_of()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var database = await PostgresServer.StartAsync(Cancellation);
        await using var silo = await SiloInThisProcess.StartAsync(
            await database.CreateDatabaseAsync(Cancellation), TimeSpan.FromSeconds(5));
        var warning = await silo.Log.MatchAsync("This machine's clock is .*");
        Assert.Matches(@"5\.0 s ahead of that of the database 127\.0\.0\.1:\d+/\w+", warning.Value);
    }
}
