using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Appending while the database is away: every way for it to go, and what comes of the decisions.</summary>
public abstract class AwayTests(Database database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Decisions_wait_in_the_spool_while_another_program_has_the_lock()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync(new ManualClock());
        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);

        using (folder.Lock())
        {
            await LogFolder.AppendAsync(log, 10, 20);
            await log.FlushAsync(Cancel);
            Assert.Equal((10, 10, 10), (log.Written, log.Spooled, log.Pending));
            Assert.True(File.Exists(folder.Spool));
            Assert.Contains("locked by another program", Assert.Single(folder.Lines.Of("Away")), StringComparison.Ordinal);
            await LogFolder.AppendAsync(log, 20, 30);
        }

        await log.FlushAsync(Cancel);

        await folder.HoldsAllAsync(log, 30);
        Assert.Single(folder.Lines.Of("Back"));
        Assert.False(File.Exists(folder.Spool));
    }

    [Fact]
    public async Task Under_Sync_an_append_completes_once_it_is_in_the_spool()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.Durability = Durability.Sync;
        var log = await folder.StartAsync(new ManualClock());

        using (folder.Lock())
        {
            await LogFolder.AppendAsync(log, 0, 3);
            Assert.Equal(3, log.Spooled);
            Assert.NotEqual(0, new FileInfo(folder.Spool).Length);
        }

        await log.FlushAsync(Cancel);
        await folder.HoldsAllAsync(log, 3);
    }

    [Fact]
    public async Task The_database_is_tried_again_when_its_time_has_come()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        folder.RefuseInserts();
        await LogFolder.AppendAsync(log, 0, 5);
        await log.FlushAsync(Cancel); // away: again in 250 ms
        await LogFolder.AppendAsync(log, 5, 6);
        clock.Advance(TimeSpan.FromMilliseconds(249));
        await Eventually.TrueAsync(() => log.Spooled == 6); // the group's time came, the retry's did not
        Assert.Empty(folder.Lines.Of("StillAway"));

        clock.Advance(TimeSpan.FromMilliseconds(1)); // again in 500 ms
        await Eventually.TrueAsync(() => folder.Lines.Of("StillAway").Count == 1);
        folder.AcceptInserts();
        clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Equal(0, log.Written);

        clock.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.TrueAsync(() => log is { Written: 6, Pending: 0 }); // committed, and then removed from the spool
        await folder.HoldsAllAsync(log, 6);
    }

    [Fact]
    public async Task Retries_become_rarer_up_to_two_seconds_and_are_told_of_every_ten()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        folder.RefuseInserts();
        await LogFolder.AppendAsync(log, 0, 1);
        await log.FlushAsync(Cancel);

        // Beside the timer of retention. At 0.25, 0.75, 1.75, 3.75, … 31.75 s; told of at 0.25, 0.75, 11.75, 21.75 and 31.75.
        var start = clock.GetTimestamp();
        for (var tries = 0; tries < 19; tries++) await clock.AdvanceToNextTimerAsync(TimeSpan.Zero, Cancel, armed: 2);
        Assert.Equal(31.75, clock.GetElapsedTime(start).TotalSeconds, 3);
        await Eventually.TrueAsync(() => folder.Lines.Of("StillAway").Count == 5);

        Assert.Equal((0, 1, 1), (log.Lost, log.Spooled, log.Pending));
    }

    [Fact]
    public async Task More_than_memory_may_hold_goes_to_the_spool_in_order_even_while_the_writer_waits_for_the_lock()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.QueueLimit = 100;
        folder.Options.Csv = folder.InFolder("decisions.csv");
        var log = await folder.StartAsync();
        using (folder.Lock())
        {
            // The writer takes the first ones and waits; the others pass it by and would be first in the spool.
            await LogFolder.AppendAsync(log, 0, 50);
            await Eventually.TrueAsync(() => InMemory(log) < 50 || log.Spooled > 0);
            for (var id = 50; id < 5000; id++)
            {
                await log.AppendAsync(LogFolder.Decision(id));
                Assert.True(InMemory(log) <= 200); // what waits, and a group in hand
            }

            await log.FlushAsync(Cancel);
            Assert.Equal(5000, log.Pending);
        }

        await log.FlushAsync(Cancel);
        await folder.HoldsAllAsync(log, 5000);
        Assert.Equal(5001, File.ReadAllLines(folder.Options.Csv).Length);

        static long InMemory(AdoNetDecisionLog log) => log.Pending - log.Spooled + log.Written;
    }

    [Fact]
    public async Task A_spool_that_was_deleted_is_written_again()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync(new ManualClock());
        folder.RefuseInserts();
        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);
        File.Delete(folder.Spool);
        await LogFolder.AppendAsync(log, 10, 20);
        await log.FlushAsync(Cancel);

        Assert.True(File.Exists(folder.Spool));
        folder.AcceptInserts();
        await log.FlushAsync(Cancel);
        await folder.HoldsAllAsync(log, 20);
    }

    [Fact]
    public async Task A_full_spool_loses_the_newest_counts_them_and_says_so()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.SpoolMaxBytes = 2000;
        folder.Options.QueueLimit = 10;
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        folder.RefuseInserts();
        await LogFolder.AppendAsync(log, 0, 1);
        await log.FlushAsync(Cancel);

        await LogFolder.AppendAsync(log, 1, 100);
        await log.FlushAsync(Cancel);
        var safe = (int)log.Spooled + 10;
        Assert.InRange(safe, 13, 20);
        Assert.Equal((safe, 100 - safe), (log.Pending, log.Lost));
        Assert.Contains(
            folder.Lines.Errors, line =>
                line.StartsWith("1 decisions lost: ", StringComparison.Ordinal)
                    && line.Contains("limit of 2000 bytes", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(
            () => folder.Lines.Errors.Any(line => line.StartsWith($"{99 - safe} decisions lost: ", StringComparison.Ordinal)));

        folder.AcceptInserts();
        await log.FlushAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, safe).Select(id => (long)id), await folder.ReadIdsAsync());
        Assert.Equal(0, log.Pending);
    }

    [Fact]
    public async Task Under_Sync_a_lost_decision_fails_its_append()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.Durability = Durability.Sync;
        folder.Options.SpoolMaxBytes = 0;
        folder.Options.QueueLimit = 1;
        var log = await folder.StartAsync(new ManualClock());
        folder.RefuseInserts();
        var first = log.AppendAsync(LogFolder.Decision(0)).AsTask();
        await log.FlushAsync(Cancel);

        var failure = await Assert.ThrowsAsync<DecisionLogException>(async () => await log.AppendAsync(LogFolder.Decision(1)));
        Assert.Contains("lost", failure.Message, StringComparison.Ordinal);
        Assert.False(first.IsCompleted);

        folder.AcceptInserts();
        await log.FlushAsync(Cancel);
        await first;
        Assert.Equal((1, 1), (log.Written, log.Lost));
    }
}

/// <inheritdoc />
public sealed class SqliteAwayTests() : AwayTests(Database.Sqlite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_that_was_moved_away_is_waited_for_and_not_replaced()
    {
        await using var folder = new LogFolder();
        var log = await folder.StartAsync(new ManualClock());
        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);

        File.Move(folder.Options.Path, folder.InFolder("elsewhere.db"));
        await LogFolder.AppendAsync(log, 10, 20);
        await log.FlushAsync(Cancel);
        await LogFolder.AppendAsync(log, 20, 30);
        await log.FlushAsync(Cancel);
        Assert.Contains("was removed or replaced", Assert.Single(folder.Lines.Of("Away")), StringComparison.Ordinal);
        Assert.Contains("is gone: put it back", Assert.Single(folder.Lines.Of("StillAway")), StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Options.Path));
        Assert.Equal(20, log.Pending);

        File.Move(folder.InFolder("elsewhere.db"), folder.Options.Path);
        await log.FlushAsync(Cancel);
        await folder.HoldsAllAsync(log, 30);
    }

    [Fact]
    public async Task An_empty_file_in_place_of_a_removed_database_becomes_one()
    {
        await using var folder = new LogFolder();
        var log = await folder.StartAsync(new ManualClock());
        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);
        foreach (var file in Directory.GetFiles(folder.Folder)) File.Delete(file);
        await LogFolder.AppendAsync(log, 10, 20);
        await log.FlushAsync(Cancel);

        File.WriteAllBytes(folder.Options.Path, []);
        await log.FlushAsync(Cancel);

        Assert.Equal(Enumerable.Range(10, 10).Select(id => (long)id), await folder.ReadIdsAsync());
    }

    [Fact]
    public async Task With_its_whole_folder_away_decisions_wait_in_memory()
    {
        await using var folder = new LogFolder();
        var log = await folder.StartAsync(new ManualClock());
        await LogFolder.AppendAsync(log, 0, 10);
        await log.FlushAsync(Cancel);

        Directory.Move(folder.Folder, folder.Folder + ".away");
        await LogFolder.AppendAsync(log, 10, 20);
        await log.FlushAsync(Cancel);
        Assert.Equal((10, 0, 0), (log.Pending, log.Spooled, log.Lost));
        Assert.Single(folder.Lines.Of("Refused"));

        Directory.Move(folder.Folder + ".away", folder.Folder);
        await log.FlushAsync(Cancel);
        await folder.HoldsAllAsync(log, 20);
    }
}

/// <inheritdoc />
public sealed class PostgresAwayTests() : AwayTests(Database.Postgres);
