using Jtfa.Cluster.Tests.Processes;
using Npgsql;

namespace Jtfa.Cluster.Tests;

/// <summary>A silo that stood still for so long that the others have declared it dead.</summary>
public sealed class GivenUpTests
{
    private const int TestTimeout = 120_000;
    private const int Dead = 6; // sql/postgresql/0002_orleans_clustering.sql

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task It_says_so_in_one_line_and_ends_when_it_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A process is made to stand still by a signal.");
        var plan = new ClusterPlan { FusionSilos = 2, CameraSilos = 1, Scenes = 2, RateHz = 20 };
        await using var stage = await ClusterStage.StartAsync(plan);
        var silo = stage.Cluster.Fusion[1];
        var said = silo.Program.Errors.Lines.Length;

        silo.Program.Pause();
        await ClusterStage.UntilAsync(async () => await StatusAsync(stage.Cluster.ConnectionString, silo.SiloPort) == Dead);
        silo.Program.Continue();

        Assert.Equal(1, await silo.Program.ExitAsync());
        var line = Assert.Single(silo.Program.Errors.Lines, line => line.StartsWith("jtfa: ", StringComparison.Ordinal));
        Assert.StartsWith("jtfa: Orleans gave this silo up: I have been told I am dead", line, StringComparison.Ordinal);
        Assert.DoesNotContain(silo.Program.Errors.Lines[said..], line => line.StartsWith("   at ", StringComparison.Ordinal));
        Assert.DoesNotContain("Process terminated", silo.Program.Errors.Text);
    }

    private static async Task<int> StatusAsync(string connectionString, int port)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand("SELECT status FROM orleans_silo WHERE port = @port", connection);
        command.Parameters.AddWithValue("port", port);
        return (int)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
