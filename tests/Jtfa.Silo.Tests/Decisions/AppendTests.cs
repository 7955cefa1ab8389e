using FsCheck;
using FsCheck.Fluent;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Appending while all is well.</summary>
public abstract class AppendTests(Database database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_decision_is_read_back_as_it_was_appended()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync();
        var decision = LogFolder.Decision(7) with { Views = [0, 3, 11], Scene = "Ladentür „Süd“" };

        await log.AppendAsync(decision);
        await log.FlushAsync(Cancel);

        var read = Assert.Single(await folder.ReadAllAsync());
        Assert.Equal(decision.Views, read.Views);
        Assert.Equal(decision, read with { Views = decision.Views });
    }

    [Fact]
    public async Task What_has_no_value_is_read_back_as_having_none()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync();
        var decision = LogFolder.Decision(1, gt: -1) with { P50 = double.NaN, TailFactor = double.PositiveInfinity, Views = [] };

        await log.AppendAsync(decision);
        await log.FlushAsync(Cancel);

        var read = Assert.Single(await folder.ReadAllAsync());
        Assert.Equal(decision, read with { Views = decision.Views });
        Assert.Empty(read.Views);
        Assert.Equal(1L, folder.Execute("SELECT count(*) FROM decisions WHERE p50 IS NULL AND gt = -1 AND correct = 0"));
    }

    [Fact]
    public async Task The_table_has_the_published_columns_between_its_own()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await folder.StartAsync();

        using var connection = folder.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT * FROM decisions";
        using var rows = command.ExecuteReader();
        var columns = string.Join(',', Enumerable.Range(0, rows.FieldCount).Select(rows.GetName));
        Assert.Equal(
            $"scene,decision,{DecisionCsv.Published},confidence,views{(database == Database.Postgres ? ",number" : "")},clock_epoch,label",
            columns);
    }

    [Fact]
    public async Task A_group_is_committed_when_its_time_has_come_and_not_before()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var clock = new ManualClock();
        folder.Options.GroupCommitMs = 50;
        var log = await folder.StartAsync(clock);

        for (var id = 0; id < 10; id++)
            await log.AppendAsync(LogFolder.Decision(id)); // completes although the clock stands still
        clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(10, log.Pending);
        Assert.Empty(await folder.ReadAllAsync());

        clock.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.TrueAsync(() => log.Written == 10 && log.Pending == 0);
        Assert.Equal(10, (await folder.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task A_large_group_does_not_wait_for_its_time()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.QueueLimit = 100;
        var log = await folder.StartAsync(new ManualClock());

        for (var id = 0; id < 50; id++) await log.AppendAsync(LogFolder.Decision(id));

        await Eventually.TrueAsync(() => log.Written == 50);
        Assert.Equal(0, log.Spooled);
    }

    [Fact]
    public async Task Under_Sync_a_row_is_there_when_its_append_completes()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.Durability = Durability.Sync;
        var log = await folder.StartAsync();
        using var other = folder.Connect();

        for (var id = 0; id < 50; id++)
        {
            await log.AppendAsync(LogFolder.Decision(id));
            Assert.Equal(1L, LogFolder.Execute(other, $"SELECT count(*) FROM decisions WHERE decision = {id}"));
        }
    }

    [Fact]
    public async Task Under_Sync_many_waiting_appends_share_commits_and_complete_in_order()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.Durability = Durability.Sync;
        var log = await folder.StartAsync();

        var appends = Enumerable.Range(0, 500).Select(id => log.AppendAsync(LogFolder.Decision(id)).AsTask()).ToArray();
        await appends[^1];

        Assert.All(appends, append => Assert.True(append.IsCompletedSuccessfully));
        Assert.Equal(500, log.Written);
        Assert.Equal(Enumerable.Range(0, 500).Select(id => (long)id), await folder.ReadIdsAsync());
    }

    [Fact]
    public async Task A_scenes_history_has_what_was_appended_just_before()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.GroupCommitMs = 10_000;
        var log = await folder.StartAsync();
        await log.AppendAsync(LogFolder.Decision(3, pred: 2, gt: 2));
        await log.AppendAsync(LogFolder.Decision(2, pred: 2, gt: 5));
        await log.AppendAsync(LogFolder.Decision(1, pred: 2, gt: -1));
        await log.AppendAsync(LogFolder.Decision(1, "other"));

        var history = await log.GetHistoryAsync("shelf", Cancel);

        Assert.Equal(new(3, 2, 1), history.Totals);
        Assert.Equal([3, 2, 1], history.Recent.Select(decision => decision.Id)); // in the order they were written
        var unknown = await log.GetHistoryAsync("unknown", Cancel);
        Assert.Equal((default, 0, 0), (unknown.Totals, unknown.Recent.Count, unknown.Keys.Count));
    }

    [Fact]
    public async Task A_scenes_history_has_the_last_thousand_and_the_ids_of_a_minute()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        var now = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        for (var id = 0; id < 3000; id++) await log.AppendAsync(LogFolder.Decision(id, timestamp: now - 0.5 - (0.05 * (2999 - id))));

        var history = await log.GetHistoryAsync("shelf", Cancel);

        Assert.Equal(3000, history.Totals.Decisions);
        Assert.Equal(Enumerable.Range(2000, 1000).Select(id => (long)id), history.Recent.Select(decision => decision.Id));
        // They fired up to 59.5 s before the last one.
        Assert.Equal(Enumerable.Range(1809, 1191).Select(id => (long)id), history.Keys.Select(key => key.Id));
    }

    [Fact]
    public async Task Stopping_commits_what_is_there_and_takes_no_more()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.GroupCommitMs = 10_000;
        var log = await folder.StartAsync();
        for (var id = 0; id < 100; id++) await log.AppendAsync(LogFolder.Decision(id));

        await log.StopAsync(Cancel);

        Assert.Equal(100, (await folder.ReadAllAsync()).Count);
        var failure = await Assert.ThrowsAsync<DecisionLogException>(async () => await log.AppendAsync(LogFolder.Decision(100)));
        Assert.Contains("stopped", failure.Message, StringComparison.Ordinal);
        await log.FlushAsync(Cancel);
        Assert.Equal(100, (await log.GetHistoryAsync("shelf", Cancel)).Totals.Decisions);
    }

    [Fact]
    public async Task Decisions_appended_before_the_start_are_written_after_it()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await using var log = new AdoNetDecisionLog(
            new Microsoft.Extensions.Options.OptionsWrapper<DecisionLogOptions>(folder.Options), TimeProvider.System, folder.Lines);
        await log.AppendAsync(LogFolder.Decision(1));

        await log.StartAsync(Cancel);
        await log.FlushAsync(Cancel);

        Assert.Equal(1, log.Written);
    }

    [Theory]
    [InlineData(16_384)]
    [InlineData(20)] // most go through the spool, the writer being slower than eight who append
    [InlineData(1)]
    public async Task Many_writers_at_once_lose_nothing(int queueLimit)
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.QueueLimit = queueLimit;
        var log = await folder.StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(scene => Task.Run(async () =>
        {
            for (var id = 0; id < 2000; id++) await log.AppendAsync(LogFolder.Decision(id, $"scene{scene}"));
        }, Cancel)));
        await log.StopAsync(Cancel);

        Assert.Equal((16_000, 0, 0), (log.Written, log.Pending, log.Lost));
        var totals = await folder.Reader().GetTotalsAsync(Cancel);
        Assert.Equal(8, totals.Count);
        Assert.All(totals.Values, total => Assert.Equal(2000, total.Decisions));
        for (var scene = 0; scene < 8; scene++)
            Assert.Equal(Enumerable.Range(0, 2000).Select(id => (long)id), await folder.ReadIdsAsync($"scene{scene}"));
    }

    [Fact]
    public void Any_sequence_of_appends_yields_each_decision_once_the_first_write_winning()
    {
        // Few keys, so that most sequences repeat some; a flush at any place, so that repeats meet one another in and across groups.
        var step = Gen.Choose(0, 9)
            .SelectMany(
                key => Gen.Choose(0, 99).SelectMany(pred => Gen.Choose(0, 7), (pred, flush) => (Key: key, Pred: pred, Flush: flush == 0)));
        var sequence = step.ListOf().Select(steps => steps.ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(sequence.ToArbitrary(), steps => HoldsAsync(steps).Wait(Cancel)));

        async Task HoldsAsync((int Key, int Pred, bool Flush)[] steps)
        {
            await using var folder = await LogFolder.CreateAsync(database);
            folder.Options.Csv = folder.InFolder("decisions.csv");
            var log = await folder.StartAsync();
            var expected = new Dictionary<(string, long), int>();
            foreach (var (key, pred, flush) in steps)
            {
                var decision = LogFolder.Decision(key / 2, $"scene{key % 2}", pred);
                expected.TryAdd((decision.Scene, decision.Id), pred);
                await log.AppendAsync(decision);
                if (flush) await log.FlushAsync(Cancel);
            }

            await log.StopAsync(Cancel);
            Assert.Equal(expected.OrderBy(row => row.Key), (await folder.ReadAllAsync())
                .Select(row => KeyValuePair.Create((row.Scene, row.Id), row.Pred)).OrderBy(row => row.Key));
            Assert.Equal(expected.Count, log.Written);
            Assert.Equal(expected.Count, File.ReadAllLines(folder.Options.Csv).Length - 1);
        }
    }

    [Fact]
    public async Task Two_logs_may_write_one_database()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var one = await folder.StartAsync();
        var two = await folder.StartAsync();

        for (var id = 0; id < 200; id++)
        {
            await one.AppendAsync(LogFolder.Decision(id, "one"));
            await two.AppendAsync(LogFolder.Decision(id, "two"));
        }

        await one.StopAsync(Cancel);
        await two.StopAsync(Cancel);
        Assert.Equal(200, (await folder.ReadIdsAsync("one")).Length);
        Assert.Equal(200, (await folder.ReadIdsAsync("two")).Length);
    }
}

/// <inheritdoc />
public sealed class SqliteAppendTests() : AppendTests(Database.Sqlite);

/// <inheritdoc />
public sealed class PostgresAppendTests() : AppendTests(Database.Postgres);
