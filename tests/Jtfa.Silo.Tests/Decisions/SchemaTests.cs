using System.Data.Common;
using System.Globalization;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Bringing a database up to the newest schema.</summary>
public abstract class SchemaTests(Database database)
{
    // Those of the first version, in order.
    private static readonly string s_columns = string.Join(", ", DecisionRow.Columns.Take(18).Select(column => column.Name));

    private static readonly SchemaStep[] s_steps =
    [
        new(1, "0001_one.sql", "CREATE TABLE one (a INTEGER); INSERT INTO one VALUES (1);"),
        new(2, "0002_two.sql", "ALTER TABLE one ADD COLUMN b INTEGER NOT NULL DEFAULT 2;"),
        new(3, "0003_three.sql", "CREATE INDEX ones ON one (a); UPDATE one SET b = b + 1;"),
    ];

    [Fact]
    public async Task The_scripts_are_numbered_and_a_number_that_has_gone_is_not_used_again()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var schema = Schema.For(SqlDialect.For(folder.Options));

        // PostgreSQL's 4 and 5 made tables that 6 drops.
        int[] expected = database == Database.Sqlite ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 3, 6, 7, 8, 9, 10, 11, 12];
        Assert.Equal(expected, schema.Steps.Select(step => step.Version));
        Assert.All(schema.Steps, step => Assert.Matches(@"^\d{4}_\w+\.sql$", step.Script));
    }

    [Fact]
    public async Task A_database_of_every_earlier_version_is_brought_up_with_what_it_holds()
    {
        await using var any = await LogFolder.CreateAsync(database);
        var newest = Schema.For(SqlDialect.For(any.Options));
        for (var version = 0; version <= newest.Steps.Count; version++)
        {
            await using var folder = await LogFolder.CreateAsync(database);
            using (var connection = folder.Connect())
            {
                new Schema([.. newest.Steps.Take(version)]).Apply(connection, SqlDialect.For(folder.Options), TimeProvider.System);
                if (version > 0)
                {
                    LogFolder.Execute(
                        connection,
                        $"INSERT INTO decisions ({s_columns}) " +
                        "VALUES ('shelf', 1, 5.5, 'K', 2, 0.5, 222, 1, 2, 3, 4, 2, 6, 6, 1, 1, 0.9, '[1,2]')");
                }
            }

            var log = await folder.StartAsync();
            await log.AppendAsync(LogFolder.Decision(2));
            await log.StopAsync(TestContext.Current.CancellationToken);

            Assert.Equal(version > 0 ? [1, 2] : [2], await folder.ReadIdsAsync());
            if (version > 0)
            {
                // Nothing is lost on the way, nor is a row's number, by which followers go.
                var kept = (await folder.ReadAllAsync())[0];
                var expected = LogFolder.Decision(1, pred: 6, gt: 6, timestamp: 5.5) with
                {
                    Cause = Core.FireCause.K,
                    M = 2,
                    FillRatio = 0.5,
                    Bytes = 222,
                    LatMean = 1,
                    P50 = 2,
                    P90 = 3,
                    P99 = 4,
                    TailFactor = 2,
                    AccRunning = 1,
                    Confidence = 0.9,
                    Views = [],
                };
                Assert.Equal([1, 2], kept.Views);
                Assert.Equal(expected, kept with { Views = expected.Views });
                Assert.Equal(
                    1L, folder.Execute($"SELECT {(database == Database.Postgres ? "number" : "rowid")} FROM decisions WHERE decision = 1"));
            }

            Assert.Equal(
                newest.Version, Convert.ToInt32(folder.Execute("SELECT max(version) FROM schema_version"), CultureInfo.InvariantCulture));
            Assert.Equal(newest.Steps.Count, folder.Count("schema_version"));
        }
    }

    [Fact]
    public async Task State_of_the_former_engine_is_refused_in_one_line_that_says_what_to_do_and_its_decisions_stay()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync();
        await log.AppendAsync(LogFolder.Decision(7));
        await log.StopAsync(TestContext.Current.CancellationToken);
        folder.Execute("CREATE TABLE grain_state (grain TEXT NOT NULL, state TEXT NOT NULL)");

        var refusal = await Assert.ThrowsAsync<DecisionLogException>(() => folder.StartAsync());

        Assert.Contains("DROP TABLE grain_state", refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.Equal(new long[] { 7 }, await folder.ReadIdsAsync());
        folder.Execute("DROP TABLE grain_state");
        await (await folder.StartAsync()).StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_script_runs_once_from_whatever_version(int version)
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var dialect = SqlDialect.For(folder.Options);
        using var connection = folder.Connect();
        new Schema(s_steps[..version]).Apply(connection, dialect, TimeProvider.System);

        new Schema(s_steps).Apply(connection, dialect, TimeProvider.System);
        new Schema(s_steps).Apply(connection, dialect, TimeProvider.System);

        Assert.Equal(1L, LogFolder.Execute(connection, "SELECT count(*) FROM one WHERE b = 3"));
        Assert.Equal(
            3L,
            LogFolder.Execute(
                connection, "SELECT count(*) FROM schema_version WHERE script IN ('0001_one.sql', '0002_two.sql', '0003_three.sql')"));
    }

    [Fact]
    public async Task A_script_that_fails_leaves_the_database_as_it_was()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var dialect = SqlDialect.For(folder.Options);
        using var connection = folder.Connect();
        new Schema(s_steps[..1]).Apply(connection, dialect, TimeProvider.System);
        var faulty = new Schema([.. s_steps[..2], new(3, "0003_faulty.sql", "UPDATE one SET b = 9; UPDATE nothing SET b = 9;")]);

        Assert.ThrowsAny<DbException>(() => faulty.Apply(connection, dialect, TimeProvider.System));

        Assert.Equal(System.Data.ConnectionState.Closed, connection.State);
        connection.Open();
        Assert.Equal(1, faulty.Read(connection, dialect));
        Assert.ThrowsAny<DbException>(() => LogFolder.Execute(connection, "SELECT b FROM one"));
    }

    [Fact]
    public async Task Many_logs_started_at_once_on_an_empty_file_all_come_up()
    {
        await using var folder = await LogFolder.CreateAsync(database);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => folder.StartAsync()));

        Assert.Equal(Schema.For(SqlDialect.For(folder.Options)).Steps.Count, folder.Count("schema_version"));
    }
}

/// <inheritdoc />
public sealed class SqliteSchemaTests() : SchemaTests(Database.Sqlite);

/// <inheritdoc />
public sealed class PostgresSchemaTests() : SchemaTests(Database.Postgres);
