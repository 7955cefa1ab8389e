using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Deleting what need not be kept.</summary>
public abstract class RetentionTests(Database database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Decisions_beyond_the_age_go_scene_by_scene()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.RetentionAge = TimeSpan.FromHours(1);
        var (clock, log) = await StartAsync(folder);
        // An hour ago is between 49 and 50.
        for (var id = 0; id < 100; id++)
        {
            await log.AppendAsync(LogFolder.Decision(id, "shelf", timestamp: Seconds(clock) - 3600 + id - 49.5 + 60));
            await log.AppendAsync(LogFolder.Decision(id, "door", timestamp: Seconds(clock)));
        }

        await log.FlushAsync(Cancel);
        clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => folder.Execute("SELECT count(*) FROM decisions") is 150L);
        Assert.Equal(Enumerable.Range(50, 50).Select(id => (long)id), await folder.ReadIdsAsync("shelf"));
        Assert.Equal(100, (await folder.ReadIdsAsync("door")).Length);
    }

    [Fact]
    public async Task Decisions_beyond_the_number_go_scene_by_scene_the_oldest_first()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.RetentionCount = 700;
        var (clock, log) = await StartAsync(folder);
        for (var id = 0; id < 3000; id++)
            await log.AppendAsync(LogFolder.Decision(id, "shelf", timestamp: 1000)); // equal times: still exactly as many as are kept
        for (var id = 0; id < 701; id++) await log.AppendAsync(LogFolder.Decision(id, "door"));
        for (var id = 0; id < 10; id++) await log.AppendAsync(LogFolder.Decision(id, "aisle"));

        await log.FlushAsync(Cancel);
        clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => folder.Execute("SELECT count(*) FROM decisions") is 1410L);
        Assert.Equal(700, (await folder.ReadIdsAsync("shelf")).Length);
        Assert.Equal(Enumerable.Range(1, 700).Select(id => (long)id), await folder.ReadIdsAsync("door"));
        Assert.Equal(10, (await folder.ReadIdsAsync("aisle")).Length);
    }

    [Fact]
    public async Task The_newest_are_those_of_the_last_clock_epoch_whatever_their_time()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.RetentionCount = 150;
        var (clock, log) = await StartAsync(folder);
        foreach (var epoch in new[] { 0, 1, 3 })
        {
            for (var id = 0; id < 100; id++)
                await log.AppendAsync(LogFolder.Decision(id, timestamp: 100_000 - (epoch * 1000) + id) with { ClockEpoch = epoch });
        }

        await log.FlushAsync(Cancel);
        clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => folder.Execute("SELECT count(*) FROM decisions") is 150L);
        Assert.Equal(50L, folder.Execute("SELECT count(*) FROM decisions WHERE clock_epoch = 1 AND decision >= 50"));
        Assert.Equal(100L, folder.Execute("SELECT count(*) FROM decisions WHERE clock_epoch = 3"));
    }

    [Fact]
    public async Task The_newest_row_stays_whatever_its_age_so_that_its_number_is_not_given_again()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.RetentionAge = TimeSpan.FromSeconds(1);
        var (clock, log) = await StartAsync(folder);
        for (var id = 0; id < 10; id++) await log.AppendAsync(LogFolder.Decision(id, timestamp: 1000 + id));
        await log.FlushAsync(Cancel);

        clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => folder.Execute("SELECT count(*) FROM decisions") is 1L);
        Assert.Equal(10L, folder.Execute($"SELECT {(database == Database.Postgres ? "number" : "rowid")} FROM decisions"));
    }

    [Fact]
    public async Task Groups_are_committed_between_its_batches()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.RetentionCount = 1;
        using var connection = folder.Connect();
        var dialect = SqlDialect.For(folder.Options);
        using var table = DecisionTable.Open(dialect, DatabaseUse.Create, TimeProvider.System);
        table.Write([.. Enumerable.Range(0, 2000).Select(id => LogFolder.Decision(id))], []);

        table.Retention.Begin(folder.Options, DateTimeOffset.UnixEpoch);
        var deleted = new List<int>();
        for (var id = 5000L; table.Retention.Next() is { } batch; id++)
        {
            deleted.Add(batch);
            table.Write([LogFolder.Decision(id)], []);
        }

        Assert.Equal([500, 500, 500, 499], deleted);
        Assert.Equal(5L, LogFolder.Execute(connection, "SELECT count(*) FROM decisions"));
        Assert.Null(table.Retention.Next());
    }

    [Fact]
    public async Task Without_limits_nothing_goes()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var (clock, log) = await StartAsync(folder);
        await log.AppendAsync(LogFolder.Decision(1, timestamp: 0));
        await log.AppendAsync(LogFolder.Decision(2, timestamp: 1));
        clock.Advance(TimeSpan.FromDays(365));
        await log.FlushAsync(Cancel);

        Assert.Equal(2, (await folder.ReadAllAsync()).Count);
    }

    private static double Seconds(ManualClock clock) => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static async Task<(ManualClock Clock, AdoNetDecisionLog Log)> StartAsync(LogFolder folder)
    {
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        clock.Advance(TimeSpan.Zero); // the first run, over an empty log
        await log.FlushAsync(Cancel);
        return (clock, log);
    }
}

/// <inheritdoc />
public sealed class SqliteRetentionTests() : RetentionTests(Database.Sqlite);

/// <inheritdoc />
public sealed class PostgresRetentionTests() : RetentionTests(Database.Postgres);
