using System.Globalization;
using Jtfa.Silo.Decisions;
using Npgsql;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>What only a server can do to a log: be written by several at once, be away on its own, refuse whom it does not know.</summary>
public class PostgresTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_follower_of_a_log_that_several_silos_write_sees_every_decision_once_and_in_the_order_of_its_number()
    {
        const int Silos = 3;
        const int Each = 3000;
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        folder.Options.GroupCommitMs = 1;
        var logs = new List<AdoNetDecisionLog>();
        for (var silo = 0; silo < Silos; silo++) logs.Add(await folder.StartAsync());
        await logs[0].AppendAsync(LogFolder.Decision(0, "before"));
        await logs[0].FlushAsync(Cancel);
        var clock = new ManualClock();
        await using var follow = folder.Reader(clock).FollowAsync(1, null, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await follow.MoveNextAsync());
        var seen = new List<(string, long)> { (follow.Current.Scene, follow.Current.Id) };

        var writing = logs.Select((log, silo) => Task.Run(async () =>
        {
            for (var id = 0; id < Each; id++)
            {
                await log.AppendAsync(LogFolder.Decision(id, $"scene{silo}"));
                if (id % 50 == 0) await log.FlushAsync(Cancel);
            }

            await log.FlushAsync(Cancel);
        }, Cancel)).ToList();
        while (seen.Count < 1 + (Silos * Each))
        {
            var next = follow.MoveNextAsync().AsTask();
            await Eventually.TrueAsync(() =>
            {
                if (!next.IsCompleted) clock.Advance(TimeSpan.FromMilliseconds(250));
                return next.IsCompleted;
            });
            Assert.True(await next);
            seen.Add((follow.Current.Scene, follow.Current.Id));
        }

        await Task.WhenAll(writing);
        Assert.Equal(1 + (Silos * Each), seen.Distinct().Count());
        Assert.Equal((await folder.ReadAllAsync()).Select(row => (row.Scene, row.Id)), seen);
        Assert.All(logs, log => Assert.Equal(0, log.Spooled));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_lost_and_nobody_waits_while_the_server_is_away(bool killed)
    {
        await using var server = await StartServerAsync();
        await using var folder = LogFolder.OnPostgres(await server.CreateDatabaseAsync(Cancel));
        var log = await folder.StartAsync(new ManualClock());
        await LogFolder.AppendAsync(log, 0, 100);
        await log.FlushAsync(Cancel);

        await (killed ? server.KillAsync() : server.StopAsync());
        for (var id = 100; id < 200; id++)
        {
            var append = log.AppendAsync(LogFolder.Decision(id)).AsTask();
            Assert.True(append.IsCompletedSuccessfully);
        }

        await log.FlushAsync(Cancel);
        await LogFolder.AppendAsync(log, 200, 300);
        await log.FlushAsync(Cancel);
        Assert.Equal((100, 200, 200), (log.Written, log.Spooled, log.Pending));
        Assert.Contains($"127.0.0.1:{server.Port}/", Assert.Single(folder.Lines.Of("Away")), StringComparison.Ordinal);
        Assert.Contains("it cannot be reached (Connection refused)", Assert.Single(folder.Lines.Of("StillAway")), StringComparison.Ordinal);

        await server.StartAgainAsync(Cancel);
        await LogFolder.AppendAsync(log, 300, 400);
        await log.FlushAsync(Cancel);

        await folder.HoldsAllAsync(log, 400);
        Assert.Equal(400, log.Written);
        Assert.False(File.Exists(folder.Spool));
        AssertKeepsSecret(folder.Lines.All.Select(line => line.Line));
    }

    [Fact]
    public async Task Under_Sync_what_was_acknowledged_survives_the_server()
    {
        await using var server = await StartServerAsync();
        await using var folder = LogFolder.OnPostgres(await server.CreateDatabaseAsync(Cancel));
        await server.ExecuteAsync("ALTER SYSTEM SET synchronous_commit = off", Cancel); // a default that the log does not rely on
        await server.ExecuteAsync("SELECT pg_reload_conf()", Cancel);
        folder.Options.Durability = Durability.Sync;
        var log = await folder.StartAsync(new ManualClock());
        await LogFolder.AppendAsync(log, 0, 20);

        await server.KillAsync();
        await server.StartAgainAsync(Cancel);

        Assert.Equal(Enumerable.Range(0, 20).Select(id => (long)id), await folder.ReadIdsAsync());
    }

    [Fact]
    public async Task A_connection_that_is_ended_is_made_again()
    {
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        var log = await folder.StartAsync(new ManualClock());
        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);

        Assert.Equal(
            1L,
            folder.Execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'jtfa decision log' AND datname " +
                "= current_database()"));
        await LogFolder.AppendAsync(log, 10, 20);
        await log.FlushAsync(Cancel); // notices
        await log.FlushAsync(Cancel); // and tries again

        await folder.HoldsAllAsync(log, 20);
        Assert.Single(folder.Lines.Of("Away"));
    }

    [Fact]
    public async Task A_silo_that_hangs_in_a_transaction_holds_up_the_others_for_a_while_and_is_then_thrown_out()
    {
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        var log = await folder.StartAsync(new ManualClock());
        var dialect = SqlDialect.For(folder.Options);
        using var hung = dialect.Open(DatabaseUse.Write);
        LogFolder.Execute(hung, "BEGIN; SELECT pg_advisory_xact_lock(1247036993)");

        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);
        Assert.Equal((0, 10), (log.Written, log.Spooled));
        Assert.Contains("it is locked by another program for too long", Assert.Single(folder.Lines.Of("Away")), StringComparison.Ordinal);

        while (log.Written == 0)
            await log.FlushAsync(Cancel); // each waits for the lock
        await folder.HoldsAllAsync(log, 10);
        var failure = Assert.ThrowsAny<NpgsqlException>(() => LogFolder.Execute(hung, "SELECT 1"));
        Assert.Contains("idle-in-transaction timeout", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silos_that_all_delete_what_need_not_be_kept_delete_no_more_than_one_would()
    {
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        folder.Options.RetentionCount = 700;
        var clock = new ManualClock();
        var logs = new List<AdoNetDecisionLog>();
        for (var silo = 0; silo < 3; silo++) logs.Add(await folder.StartAsync(clock));
        await LogFolder.AppendAsync(logs[0], 0, 3000);
        await logs[0].FlushAsync(Cancel);

        clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => folder.Count() <= 700);
        foreach (var log in logs) await log.StopAsync(Cancel);
        Assert.Equal(Enumerable.Range(2300, 700).Select(id => (long)id), await folder.ReadIdsAsync());
        Assert.Empty(folder.Lines.Of("Away"));
    }

    [Fact]
    public async Task A_database_that_refuses_is_told_in_one_line_that_names_it_and_not_the_password()
    {
        var server = await SharedPostgres.GetAsync();
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        var good = new NpgsqlConnectionStringBuilder(folder.Options.ConnectionString);
        var place = $"127.0.0.1:{server.Port}/{good.Database}: ";
        var role = $"role_{Guid.NewGuid():N}";
        await server.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD '{PostgresServer.Password}'", Cancel);
        var latin = await server.CreateDatabaseAsync(Cancel, "ENCODING 'LATIN1' TEMPLATE template0");

        await RefusesAsync(
            server.ConnectionString(good.Database!, password: "open-sesame-not"),
            place + "it refuses the user name or the password: correct them in Jtfa:Log:ConnectionString");
        await RefusesAsync(
            server.ConnectionString(good.Database!, user: "nobody-here"), place + "it refuses the user name or the password");
        await RefusesAsync(
            server.ConnectionString("nothing"),
            $"127.0.0.1:{server.Port}/nothing: the database does not exist: create it (CREATE DATABASE");
        await RefusesAsync(
            server.ConnectionString(good.Database!, user: role),
            place + "permission denied for schema public: grant the role what it lacks");
        await RefusesAsync(latin, "has the encoding LATIN1, which cannot hold every scene's name: create it with ENCODING 'UTF8'");
        await RefusesAsync(new NpgsqlConnectionStringBuilder(good.ConnectionString) { Port = 1 }.ConnectionString,
            $"127.0.0.1:1/{good.Database}: it cannot be reached (Connection refused): start the server, or name another in " +
            "Jtfa:Log:ConnectionString");
        await RefusesAsync(
            new NpgsqlConnectionStringBuilder(good.ConnectionString) { Host = "nowhere.invalid" }.ConnectionString,
            $"nowhere.invalid:{server.Port}/{good.Database}: it cannot be reached");
        await RefusesAsync(
            good.ConnectionString + ";Options=-c default_transaction_read_only=on", place + "it is read-only, a standby perhaps");

        async Task RefusesAsync(string connectionString, string line)
        {
            await using var refused = LogFolder.OnPostgres(connectionString);
            var message = await refused.RefusalAsync();
            Assert.Contains(line, message, StringComparison.Ordinal);
            AssertKeepsSecret([message, .. refused.Lines.All.Select(entry => entry.Line)]);
        }
    }

    [Fact]
    public async Task A_log_that_is_not_there_or_newer_than_the_program_is_named()
    {
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        var place = SqlDialect.For(folder.Options).Place;
        var missing = await Assert.ThrowsAsync<DecisionLogException>(() => folder.Reader().LastAsync(1, null, Cancel));
        await (await folder.StartAsync()).DisposeAsync();
        folder.Execute("INSERT INTO schema_version VALUES (777, '0777_future.sql', '2030-01-01')");

        Assert.Equal($"{place} is a database without a decision log: name another database", missing.Message);
        Assert.Equal(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{place} has schema version 777, this program knows up to {Schema.For(SqlDialect.For(folder.Options)).Version}: use the " +
                $"newer program that wrote it, or another database"),
            await folder.RefusalAsync());
    }

    [Fact]
    public async Task A_role_that_may_only_read_reads()
    {
        var server = await SharedPostgres.GetAsync();
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        var log = await folder.StartAsync();
        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);
        var role = $"reader_{Guid.NewGuid():N}";
        folder.Execute(
            $"CREATE ROLE {role} LOGIN PASSWORD '{PostgresServer.Password}'; GRANT SELECT ON decisions, schema_version TO {role}");
        var database = new NpgsqlConnectionStringBuilder(folder.Options.ConnectionString).Database!;

        await using var reader = LogFolder.OnPostgres(server.ConnectionString(database, role));

        Assert.Equal(10, (await reader.ReadAllAsync()).Count);
        Assert.Contains("permission denied for table decisions", await reader.RefusalAsync(), StringComparison.Ordinal);
    }

    private static void AssertKeepsSecret(IEnumerable<string> lines) =>
        Assert.All(lines, line => Assert.DoesNotContain(PostgresServer.Password, line, StringComparison.OrdinalIgnoreCase));

    private static async Task<PostgresServer> StartServerAsync()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        return await PostgresServer.StartAsync(Cancel);
    }
}
