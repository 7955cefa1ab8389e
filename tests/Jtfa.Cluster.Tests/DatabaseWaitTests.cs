using System.Net;
using System.Runtime.InteropServices;
using Jtfa.Cluster.Tests.Processes;
using Npgsql;

namespace Jtfa.Cluster.Tests;

/// <summary>A database that is lost before, during and after a start: a silo waits, says so, and ends where it takes too long.</summary>
public sealed class DatabaseWaitTests : IAsyncLifetime
{
    private const int TestTimeout = 240_000;
    private const string Waits = @"warn: .*Waiting for the database, \d+ s at most .*127\.0\.0\.1:\d+/";
    private const string Up = "Silo is up";

    private readonly Workspace _workspace = new();
    private PostgresServer _server = null!;
    private string _connection = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        _server = await PostgresServer.StartAsync(Cancellation);
        _connection = await _server.CreateDatabaseAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _workspace.Dispose();
    }

    [Fact(Timeout = TestTimeout)]
    public async Task One_that_is_not_there_is_waited_for_and_probes_are_told()
    {
        await _server.StopAsync();
        var port = FreePorts.Next();
        await using var silo = Start("--set", $"Jtfa:Http:Port={port}");
        await silo.Errors.MatchAsync(Waits);

        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
        var ready = await http.GetAsync("/readyz", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("waits for its database", await ready.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/healthz", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/v1/scenes", Cancellation)).StatusCode);

        await _server.StartAgainAsync(Cancellation);
        await silo.Errors.MatchAsync(Up);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v1/scenes", Cancellation)).StatusCode);
        await StopsAsync(silo);
        AssertToldOnce(silo);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("orleans_silo")] // while Orleans joins
    [InlineData("orleans_state")] // while scenes read what they remember
    public async Task One_that_is_lost_in_the_midst_of_the_start_is_waited_for(string table)
    {
        await MakeTablesAsync();
        await using var silo = await LoseAtAsync(table);
        await silo.Errors.MatchAsync(Waits);

        await _server.StartAgainAsync(Cancellation);
        await silo.Errors.MatchAsync(Up);
        await StopsAsync(silo);
        AssertToldOnce(silo);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(null)] // never there
    [InlineData("orleans_silo")]
    [InlineData("orleans_state")]
    public async Task One_that_does_not_come_back_ends_the_start_with_one_line(string? table)
    {
        string[] patience = ["--set", "Jtfa:Cluster:DatabaseWait=00:00:03"];
        if (table is not null) await MakeTablesAsync();
        else await _server.StopAsync();
        await using var silo = table is null ? Start(patience) : await LoseAtAsync(table, patience);

        await EndsAsync(silo, "DatabaseWait");
    }

    [Fact(Timeout = TestTimeout)]
    public async Task One_that_is_lost_when_the_silo_is_up_is_waited_for_and_ends_it_in_the_same_way()
    {
        await using var silo = Start("--set", "Jtfa:Cluster:DatabaseAway=00:00:05");
        await silo.Errors.MatchAsync(Up);
        await _server.KillAsync();
        await silo.Errors.MatchAsync(Waits);
        await _server.StartAgainAsync(Cancellation);
        await silo.Errors.MatchAsync("answers again after");

        await _server.KillAsync();

        await EndsAsync(silo, "DatabaseAway");
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_silo_that_is_told_to_stop_while_it_waits_stops()
    {
        await _server.StopAsync();
        await using var silo = Start();
        await silo.Errors.MatchAsync(Waits);

        await StopsAsync(silo);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_silo_that_is_told_to_stop_while_its_database_is_away_stops_in_order()
    {
        await using var silo = Start();
        await silo.Errors.MatchAsync(Up);
        await _server.KillAsync();
        await silo.Errors.MatchAsync(Waits);

        await StopsAsync(silo);
        Assert.DoesNotContain("fail:", silo.Errors.Text, StringComparison.Ordinal);
    }

    private ProgramRun Start(params string[] options) => new(
        ClusterSilo.StartOf(_workspace, _connection, ["--role", "fusion", "--port", "0", .. ClusterSilo.AtFreePorts(), .. options]));

    private async Task MakeTablesAsync()
    {
        await using var first = Start();
        await first.Errors.MatchAsync(Up);
        await StopsAsync(first);
    }

    // Starts a silo, stops it where it first needs a table by having that table locked, and kills the server then.
    private async Task<ProgramRun> LoseAtAsync(string table, params string[] options)
    {
        await using var own = new NpgsqlConnection(_connection + ";Pooling=false");
        await own.OpenAsync(Cancellation);
        await ExecuteAsync(own, $"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        var silo = Start(options);
        await Condition.HoldsAsync(
            () => ExecuteAsync(own, "SELECT count(*) FROM pg_locks WHERE NOT granted"),
            waiting => waiting is > 0L, "a silo waits for the table");
        await _server.KillAsync();
        return silo;
    }

    private static async Task<long?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation) as long?;
    }

    private static async Task StopsAsync(ProgramRun silo)
    {
        silo.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await silo.ExitAsync(TimeSpan.FromSeconds(20)));
    }

    private static async Task EndsAsync(ProgramRun silo, string setting)
    {
        Assert.Equal(2, await silo.ExitAsync());
        var line = Assert.Single(silo.Errors.Lines, line => line.StartsWith("jtfa: ", StringComparison.Ordinal));
        Assert.Matches($@"^jtfa: 127\.0\.0\.1:\d+/\w+: .*; waited for it \d+ s \(Jtfa:Cluster:{setting}\)$", line);
        Assert.Equal(line, silo.Errors.Lines[^1]);
        AssertNoStacks(silo);
    }

    private static void AssertToldOnce(ProgramRun silo)
    {
        Assert.Single(silo.Errors.Lines, line => line.Contains("Waiting for the database", StringComparison.Ordinal));
        Assert.Single(silo.Errors.Lines, line => line.Contains("answers again", StringComparison.Ordinal));
        AssertNoStacks(silo);
    }

    private static void AssertNoStacks(ProgramRun silo) =>
        Assert.All(["fail:", "crit:", "   at "], fault => Assert.DoesNotContain(fault, silo.Errors.Text, StringComparison.Ordinal));
}
