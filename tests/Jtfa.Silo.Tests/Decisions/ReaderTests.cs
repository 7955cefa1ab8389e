using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Querying the log.</summary>
public abstract class ReaderTests(Database database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_last_of_a_scene_and_of_all()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await WriteAsync(folder, 20);
        var reader = folder.Reader();

        Assert.Equal([("b", 17L), ("a", 18L), ("b", 19L)], Keys(await reader.LastAsync(3, null, Cancel)));
        Assert.Equal([("a", 16L), ("a", 18L)], Keys(await reader.LastAsync(2, "a", Cancel)));
        Assert.Equal(10, (await reader.LastAsync(100, "b", Cancel)).Count);
        Assert.Equal(20, (await reader.LastAsync(100, null, Cancel)).Count);
        Assert.Empty(await reader.LastAsync(5, "c", Cancel));
        Assert.Empty(await reader.LastAsync(0, null, Cancel));
    }

    [Fact]
    public async Task All_since_a_time()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await WriteAsync(folder, 2500);
        var reader = folder.Reader();

        Assert.Equal(2400, (await ReadAsync(reader.SinceAsync(At(100), null, Cancel))).Count);
        Assert.Equal(1200, (await ReadAsync(reader.SinceAsync(At(100), "a", Cancel))).Count);
        Assert.Equal([("b", 2499L)], Keys(await ReadAsync(reader.SinceAsync(At(2498), "b", Cancel))));
        Assert.Empty(await ReadAsync(reader.SinceAsync(At(2500), null, Cancel)));
        Assert.Empty(await ReadAsync(reader.SinceAsync(At(0), "c", Cancel)));
        Assert.Equal(2500, (await ReadAsync(reader.SinceAsync(DateTimeOffset.MinValue, null, Cancel))).Count);
    }

    [Fact]
    public async Task Totals_of_every_scene()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await WriteAsync(folder, 10);
        await log.AppendAsync(LogFolder.Decision(1, "Z", pred: 1, gt: 2));
        await log.AppendAsync(LogFolder.Decision(2, "Z", gt: -1));
        await log.FlushAsync(Cancel);

        var totals = await folder.Reader().GetTotalsAsync(Cancel);

        Assert.Equal([new("Z", new(2, 1, 0)), new("a", new(5, 5, 5)), new("b", new(5, 5, 5))], totals);
    }

    [Fact]
    public async Task Following_shows_the_last_and_then_each_new_one_once()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await WriteAsync(folder, 20);
        var clock = new ManualClock();
        await using var all = folder.Reader(clock).FollowAsync(2, null, Cancel).GetAsyncEnumerator(Cancel);
        await using var one = folder.Reader(clock).FollowAsync(1, "a", Cancel).GetAsyncEnumerator(Cancel);

        Assert.Equal([18, 19], await NextAsync(all, clock, 2));
        Assert.Equal([18], await NextAsync(one, clock, 1));
        for (var id = 20; id < 1520; id++)
        {
            await log.AppendAsync(LogFolder.Decision(id, id % 2 == 0 ? "a" : "b"));
            if (id % 100 == 0) await log.FlushAsync(Cancel);
        }

        Assert.Equal(Enumerable.Range(20, 1500).Select(id => (long)id), await NextAsync(all, clock, 1500));
        Assert.Equal(Enumerable.Range(10, 750).Select(id => 2L * id), await NextAsync(one, clock, 750));
    }

    [Fact]
    public async Task Queries_go_on_while_a_log_writes_and_while_another_program_writes()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await WriteAsync(folder, 20);
        using (folder.Lock())
            Assert.Equal(20, (await folder.ReadAllAsync()).Count);

        var writing = Task.Run(async () =>
        {
            for (var id = 20; id < 20_000; id++) await log.AppendAsync(LogFolder.Decision(id));
            await log.FlushAsync(Cancel);
        }, Cancel);
        var seen = 20;
        while (!writing.IsCompleted)
        {
            var now = (await folder.ReadAllAsync()).Count;
            Assert.True(now >= seen);
            seen = now;
        }

        await writing;
        Assert.Equal(20_000, (await folder.ReadAllAsync()).Count);
    }

    private protected static DateTimeOffset At(long id) => DateTimeOffset.FromUnixTimeMilliseconds(1_780_000_000_000 + (100 * id) - 50);

    private protected static IEnumerable<(string, long)> Keys(IEnumerable<Decision> decisions) =>
        decisions.Select(decision => (decision.Scene, decision.Id));

    private protected static async Task<AdoNetDecisionLog> WriteAsync(LogFolder folder, int count)
    {
        var log = await folder.StartAsync();
        for (var id = 0; id < count; id++) await log.AppendAsync(LogFolder.Decision(id, id % 2 == 0 ? "a" : "b"));
        await log.FlushAsync(Cancel);
        return log;
    }

    private protected static async Task<List<Decision>> ReadAsync(IAsyncEnumerable<Decision> decisions)
    {
        var all = new List<Decision>();
        await foreach (var decision in decisions)
            all.Add(decision);
        return all;
    }

    /// <summary>Takes decisions from a follower, moving its clock on whenever it waits for the next poll.</summary>
    private protected static async Task<List<long>> NextAsync(IAsyncEnumerator<Decision> follow, ManualClock clock, int count)
    {
        var ids = new List<long>();
        while (ids.Count < count)
        {
            var next = follow.MoveNextAsync().AsTask();
            await Eventually.TrueAsync(() =>
            {
                if (!next.IsCompleted) clock.Advance(TimeSpan.FromMilliseconds(250));
                return next.IsCompleted;
            });
            Assert.True(await next);
            ids.Add(follow.Current.Id);
        }

        return ids;
    }
}

/// <inheritdoc />
public sealed class SqliteReaderTests() : ReaderTests(Database.Sqlite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_missing_log_is_named()
    {
        await using var folder = new LogFolder();

        var failure = await Assert.ThrowsAsync<DecisionLogException>(() => folder.Reader().LastAsync(1, null, Cancel));

        Assert.Equal(
            $"There is no decision log at {folder.Options.Path}: start a silo that writes it, or name its file in Jtfa:Log:Path",
            failure.Message);
        Assert.False(File.Exists(folder.Options.Path));
    }

    [Fact]
    public async Task A_database_without_a_log_is_named()
    {
        await using var folder = new LogFolder();
        folder.Execute("CREATE TABLE something (a)");

        var failure = await Assert.ThrowsAsync<DecisionLogException>(() => folder.Reader().GetTotalsAsync(Cancel));

        Assert.Equal($"{folder.Options.Path} is a database without a decision log: name another file", failure.Message);
    }

    [Fact]
    public async Task Following_begins_anew_with_a_new_database_in_the_old_ones_place()
    {
        await using var folder = new LogFolder();
        var log = await WriteAsync(folder, 20);
        var clock = new ManualClock();
        await using var follow = folder.Reader(clock).FollowAsync(1, null, Cancel).GetAsyncEnumerator(Cancel);
        Assert.Equal([19], await NextAsync(follow, clock, 1));
        await log.AppendAsync(LogFolder.Decision(20));
        await log.FlushAsync(Cancel);
        Assert.Equal([20], await NextAsync(follow, clock, 1));
        await log.DisposeAsync();
        foreach (var file in Directory.GetFiles(folder.Folder)) File.Delete(file);

        log = await folder.StartAsync();
        await log.AppendAsync(LogFolder.Decision(500));
        await log.FlushAsync(Cancel);

        Assert.Equal([500], await NextAsync(follow, clock, 1));
    }
}

/// <inheritdoc />
public sealed class PostgresReaderTests() : ReaderTests(Database.Postgres);
