using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using static Jtfa.Silo.Tests.Decisions.ListedDecisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>What clients ask of the log, against the same asked of a list.</summary>
public abstract class QueryTests(Database database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Any_query_paged_through_gives_what_a_list_would_each_once_and_in_order(int epochs)
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var random = new Random(epochs);
        var rows = Rows(random, 300, epochs);
        await AppendAsync(await folder.StartAsync(), rows);
        var reader = folder.Reader();
        for (var i = 0; i < 120; i++)
        {
            var query = AnyQuery(random);
            Assert.Empty(query.Faults());
            var (found, pages) = await PagedAsync(reader, query);

            Assert.Equal(Keys(Matching(rows, query)), Keys(found));
            Assert.All(pages.SkipLast(1), page => Assert.Equal((query.Limit, true), (page.Decisions.Length, page.Next is not null)));
        }
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData("a", false)]
    [InlineData("a", true)]
    public async Task Paging_goes_on_undisturbed_while_more_is_written(string? scene, bool oldestFirst)
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync();
        var rows = Rows(new Random(2), 60);
        await AppendAsync(log, rows);
        var query = new DecisionQuery { Scene = scene, OldestFirst = oldestFirst, Limit = 7 };
        var before = Keys(Matching(rows, query)).ToList();
        var written = 60;

        var (found, _) = await PagedAsync(folder.Reader(), query, async () =>
        {
            if (written >= 90) return;
            for (var last = written + 6; written < last; written++)
                await log.AppendAsync(LogFolder.Decision(written, SceneNames[written % 3], timestamp: Start + 1000 + (written / 4)));
            await log.FlushAsync(Cancel);
        });

        Assert.Equal(before, Keys(found).Take(before.Count));
        var after = Keys(found).Skip(before.Count).Select(key => key.Id).ToList();
        Assert.Equal(
            oldestFirst ? Enumerable.Range(60, written - 60).Where(id => scene is null || id % 3 == 0).Select(id => (long)id) : [], after);
    }

    [Fact]
    public async Task A_decision_is_found_by_its_scene_and_id()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var rows = Rows(new Random(3), 30);
        await AppendAsync(await folder.StartAsync(), rows);
        var reader = folder.Reader();

        foreach (var row in rows)
        {
            var found = await reader.FindAsync(row.Scene, row.Id, Cancel);
            Assert.Equal(row with { Views = [] }, found! with { Views = [] });
            Assert.Equal(row.Views, found.Views);
        }

        Assert.Null(await reader.FindAsync("a", 1_000_000, Cancel));
        Assert.Null(await reader.FindAsync("nowhere", rows[0].Id, Cancel));
    }

    [Fact]
    public async Task After_a_decision_comes_what_was_logged_after_it_and_after_a_lost_one_what_fired_from_a_second_before_it_on()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var rows = Rows(new Random(4), 200);
        await AppendAsync(await folder.StartAsync(), rows);
        var reader = folder.Reader();
        var own = rows.Where(row => row.Scene == "a").ToList();

        for (var i = 0; i < own.Count; i += 5)
        {
            var logged = await reader.AfterAsync("a", DecisionPosition.FromDecision(own[i]), 10, Cancel);
            var fired = await reader.AfterAsync("a", new DecisionPosition(9_999, own[i].Timestamp), 10, Cancel);
            Assert.Equal(Keys(own.Skip(i + 1).Take(10)), Keys(logged));
            var from = await reader.AfterAsync("a", DecisionPosition.At(own[i].Timestamp), 10, Cancel);
            Assert.Equal(Keys(own.Where(row => row.Timestamp >= own[i].Timestamp - 1).Take(10)), Keys(fired));
            Assert.Equal(Keys(own.Where(row => row.Timestamp >= own[i].Timestamp).Take(10)), Keys(from));
        }

        // An id alone, of a scene that has it elsewhere, is no place in this one.
        var other = rows.First(row => row.Scene == "b");
        Assert.Equal(
            Keys(own.Where(row => row.Timestamp >= other.Timestamp - 1).Take(10)),
            Keys(await reader.AfterAsync("a", DecisionPosition.FromDecision(other), 10, Cancel)));
        Assert.Equal(Keys(own), Keys(await reader.AfterAsync("a", new DecisionPosition(9_999, double.NegativeInfinity), 1000, Cancel)));
        Assert.Empty(await reader.AfterAsync("a", new DecisionPosition(9_999, double.PositiveInfinity), 1000, Cancel));
        Assert.Empty(await reader.AfterAsync("nowhere", new DecisionPosition(9_999, double.NegativeInfinity), 1000, Cancel));
    }

    [Fact]
    public async Task After_a_decision_come_those_of_later_clock_epochs_whatever_their_time()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var rows = Rows(new Random(6), 240, epochs: 4);
        await AppendAsync(await folder.StartAsync(), rows);
        var reader = folder.Reader();
        var own = rows.Where(row => row.Scene == "a").ToList();
        for (var i = 0; i < own.Count; i += 3)
        {
            var (one, epoch) = (own[i], own[i].ClockEpoch);
            var logged = await reader.AfterAsync("a", DecisionPosition.FromDecision(one), 1000, Cancel);
            var lost = await reader.AfterAsync("a", new DecisionPosition(9_999, one.Timestamp, epoch), 1000, Cancel);
            var since = await reader.AfterAsync("a", DecisionPosition.At(one.Timestamp, epoch), 1000, Cancel);
            var timed = await reader.AfterAsync("a", DecisionPosition.At(one.Timestamp), 1000, Cancel);

            Assert.Equal(Keys(own.Skip(i + 1)), Keys(logged));
            Assert.Equal(Keys(own.Where(row => IsLater(row, one.Timestamp - 1, epoch))), Keys(lost));
            Assert.Equal(Keys(own.Where(row => IsLater(row, one.Timestamp, epoch))), Keys(since));
            Assert.Equal(Keys(own.Where(row => row.Timestamp >= one.Timestamp)), Keys(timed));
            Assert.Equal(own.Last(row => row.Id == one.Id).ClockEpoch, (await reader.FindAsync("a", one.Id, Cancel))!.ClockEpoch);
            Assert.True(await reader.HasAsync("a", one.Key, Cancel));
            Assert.False(await reader.HasAsync("a", one.Key with { ClockEpoch = 4 }, Cancel));
        }

        var history = await reader.GetHistoryAsync("a", Cancel);
        Assert.Equal(own.Count, history.Totals.Decisions);

        static bool IsLater(Decision row, double time, int epoch) =>
            row.ClockEpoch > epoch || (row.ClockEpoch == epoch && row.Timestamp >= time);
    }

    [Fact]
    public async Task Going_on_after_the_last_that_was_read_misses_nothing_that_is_written_meanwhile()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync();
        var rows = Rows(new Random(5), 200);
        var reader = folder.Reader();
        var (written, seen) = (0, new List<Decision>());
        var position = new DecisionPosition(long.MinValue, double.NegativeInfinity);
        while (true)
        {
            var next = await reader.AfterAsync("b", position, 3, Cancel);
            seen.AddRange(next);
            if (seen.Count > 0) position = DecisionPosition.FromDecision(seen[^1]);
            if (next.Length == 0 && written == rows.Count) break;
            await AppendAsync(log, rows.GetRange(written, Math.Min(10, rows.Count - written)));
            written = Math.Min(written + 10, rows.Count);
        }

        Assert.Equal(Keys(rows.Where(row => row.Scene == "b")), Keys(seen));
    }

    [Fact]
    public async Task Statistics_are_the_sums_over_the_span()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var random = new Random(6);
        var rows = Rows(random, 500);
        await AppendAsync(await folder.StartAsync(), rows);
        var reader = folder.Reader();
        for (var i = 0; i < 30; i++)
        {
            var (from, to) = i == 0 ? (DateTimeOffset.MinValue, DateTimeOffset.MaxValue) : (AnyTime(random), AnyTime(random));
            if (to < from) (from, to) = (to, from);
            Expect(rows.Where(row => row.Scene == "a" && In(row, from, to)).ToList(),
                await reader.GetStatisticsAsync("a", from, to, Cancel));
        }

        Expect([], await reader.GetStatisticsAsync("nowhere", DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Cancel));
    }

    [Fact]
    public async Task An_invalid_query_is_refused_with_all_its_faults()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await folder.StartAsync();
        var query = new DecisionQuery
        {
            Limit = 0,
            From = AnyTime(new(1)),
            To = DateTimeOffset.MinValue,
            FromId = 2,
            ToId = 1,
            Cause = (FireCause)7,
            Cursor = "here",
        };

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => folder.Reader().QueryAsync(query, Cancel));

        Assert.All(
            ["limit=0", "from=", "fromId=2", "cause=7", "cursor='here'"],
            named => Assert.Contains(named, fault.Message, StringComparison.Ordinal));
    }

    /// <summary>How the database goes about the query for the newest 100 of a scene.</summary>
    private protected static string PlanOfNewest(LogFolder folder, string explain)
    {
        var sql = SqlDialect.For(folder.Options).Filtered([], oldestFirst: false, continued: false);
        using var connection = folder.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = $"{explain} {sql.Replace("@scene", "'a'").Replace("@epoch", "0").Replace("@count", "101")}";
        using var rows = command.ExecuteReader();
        var plan = new List<string>();
        while (rows.Read()) plan.Add(rows.GetString(rows.FieldCount - 1));
        return string.Join('\n', plan);
    }

    private static async Task AppendAsync(AdoNetDecisionLog log, List<Decision> rows)
    {
        foreach (var row in rows) await log.AppendAsync(row);
        await log.FlushAsync(Cancel);
    }

    private static async Task<(List<Decision> Found, List<DecisionPage> Pages)> PagedAsync(
        DecisionReader reader, DecisionQuery query, Func<Task>? between = null)
    {
        var pages = new List<DecisionPage>();
        do
        {
            if (pages.Count > 0 && between is not null) await between();
            pages.Add(await reader.QueryAsync(pages.Count == 0 ? query : query with { Cursor = pages[^1].Next }, Cancel));
        }
        while (pages[^1].Next is not null);
        return ([.. pages.SelectMany(page => page.Decisions)], pages);
    }

    private static void Expect(List<Decision> rows, SpanStatistics statistics)
    {
        Assert.Equal(
            (rows.Count, rows.Count(row => row.Cause == FireCause.K), rows.Count(row => row.Cause == FireCause.T), rows.Sum(row => row.M),
                rows.Sum(row => row.Bytes)),
            (statistics.Decisions, statistics.ByK, statistics.ByT, statistics.Tokens, statistics.Bytes));
        var labelled = rows.Where(row => row.Gt >= 0).ToList();
        Assert.Equal(labelled.Count, statistics.Labelled);
        Assert.Equal(MeanOf(labelled.Select(row => row.Pred == row.Gt ? 1.0 : 0)), statistics.Accuracy, 1e-12);
        Assert.Equal(MeanOf(rows.Select(row => row.FillRatio)), statistics.FillRatio, 1e-12);
        var latencies = rows.Select(row => row.LatMean).Where(double.IsFinite).Order().ToList();
        Assert.Equal(latencies.Count, statistics.Latency.Count);
        var quantiles = new[]
        {
            (0.5, statistics.Latency.P50), (0.9, statistics.Latency.P90), (0.99, statistics.Latency.P99), (1, statistics.Latency.Max),
        };
        foreach (var (p, quantile) in quantiles)
        {
            if (latencies.Count == 0) Assert.True(double.IsNaN(quantile));
            else Assert.InRange(quantile / latencies[(int)(p * (latencies.Count - 1))], 0.99, 1.01);
        }

        static double MeanOf(IEnumerable<double> values) => values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
    }
}

/// <inheritdoc />
public sealed class SqliteQueryTests() : QueryTests(Database.Sqlite)
{
    [Fact]
    public async Task The_newest_of_a_scene_are_found_along_the_index()
    {
        await using var folder = new LogFolder();
        await folder.StartAsync();

        var plan = PlanOfNewest(folder, "EXPLAIN QUERY PLAN");

        // Those that fired at once are sorted among themselves: gt and correct stand before the row number in the index.
        Assert.Contains("USING INDEX decisions_by_time (scene=? AND clock_epoch=?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE FOR ORDER BY", plan, StringComparison.Ordinal);
    }
}

/// <inheritdoc />
public sealed class PostgresQueryTests() : QueryTests(Database.Postgres)
{
    [Fact]
    public async Task The_newest_of_a_scene_are_found_along_the_index()
    {
        await using var folder = await LogFolder.CreateAsync(Database.Postgres);
        var log = await folder.StartAsync();
        foreach (var row in Rows(new Random(7), 10_000)) await log.AppendAsync(row);
        await log.FlushAsync(TestContext.Current.CancellationToken);
        folder.Execute("ANALYZE decisions");

        var plan = PlanOfNewest(folder, "EXPLAIN");

        Assert.Contains("using decisions_by_time", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
    }
}
