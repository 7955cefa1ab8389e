namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Ending while the database is away, and what the next start makes of it.</summary>
public abstract class RestartTests(Database database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_in_the_spool_when_the_log_stops_is_written_by_the_next_start()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.GroupCommitMs = 10_000;
        var log = await folder.StartAsync();
        folder.RefuseInserts();
        await LogFolder.AppendAsync(log, 0, 20);
        await log.DisposeAsync();
        Assert.Equal((20, 0), (log.Spooled, log.Lost));
        Assert.Single(folder.Lines.Of("LeftInSpool"));

        folder.AcceptInserts();
        var next = await folder.StartAsync();
        await LogFolder.AppendAsync(next, 20, 30);
        await next.FlushAsync(Cancel);

        await folder.HoldsAllAsync(next, 30);
        Assert.False(File.Exists(folder.Spool));
    }

    [Fact]
    public async Task Stopping_with_neither_database_nor_spool_counts_what_is_lost()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.SpoolMaxBytes = 0;
        var log = await folder.StartAsync();
        folder.RefuseInserts();
        await LogFolder.AppendAsync(log, 0, 20);
        await log.StopAsync(Cancel);

        Assert.Equal(20, log.Lost);
        Assert.Contains(folder.Lines.Errors, line => line.StartsWith("20 decisions lost: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_half_written_record_at_the_spools_end_is_cut_off()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await SpoolAsync(folder, 10);
        using (var spool = File.OpenWrite(folder.Spool))
            spool.SetLength(spool.Length - 20);

        var log = await folder.StartAsync();
        await log.FlushAsync(Cancel);

        await folder.HoldsAllAsync(log, 9);
        Assert.Single(folder.Lines.Of("Torn"));
        Assert.Equal(0, log.Lost);
    }

    [Fact]
    public async Task A_damaged_record_costs_itself_and_is_counted()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await SpoolAsync(folder, 10);
        var lines = File.ReadAllLines(folder.Spool);
        lines[4] = lines[4].Replace("0.0111", "0.9111", StringComparison.Ordinal);
        File.WriteAllText(folder.Spool, string.Join('\n', lines) + "\n");

        var log = await folder.StartAsync();
        await log.FlushAsync(Cancel);

        Assert.Equal(new long[] { 0, 1, 2, 3, 5, 6, 7, 8, 9 }, await folder.ReadIdsAsync());
        Assert.Equal((9, 1, 0), (log.Written, log.Lost, log.Pending));
        Assert.Contains(folder.Lines.Errors, line => line.Contains("damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_logs_beside_one_database_have_a_spool_each_and_a_later_one_takes_over_both()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var one = await folder.StartAsync(new ManualClock());
        var two = await folder.StartAsync(new ManualClock());
        folder.RefuseInserts();
        await LogFolder.AppendAsync(one, 0, 10);
        await one.FlushAsync(Cancel);
        await LogFolder.AppendAsync(two, 10, 20);
        await two.FlushAsync(Cancel);
        await one.DisposeAsync();
        await two.DisposeAsync();
        Assert.Equal(10, File.ReadAllLines(folder.Spool).Length);
        Assert.Equal(10, File.ReadAllLines(folder.Spool + ".2").Length);

        folder.AcceptInserts();
        var next = await folder.StartAsync();
        await next.FlushAsync(Cancel);
        await folder.HoldsAllAsync(next, 20);
        Assert.Empty(Directory.GetFiles(folder.Folder, "*.spool*"));
    }

    private static async Task SpoolAsync(LogFolder folder, int count)
    {
        var log = await folder.StartAsync();
        folder.RefuseInserts();
        await LogFolder.AppendAsync(log, 0, count);
        await log.DisposeAsync();
        folder.AcceptInserts();
    }
}

/// <inheritdoc />
public sealed class SqliteRestartTests() : RestartTests(Database.Sqlite);

/// <inheritdoc />
public sealed class PostgresRestartTests() : RestartTests(Database.Postgres);
