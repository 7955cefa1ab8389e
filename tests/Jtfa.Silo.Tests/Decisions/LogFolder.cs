using System.Data.Common;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>The databases that the log can be in.</summary>
public enum Database
{
    Sqlite,
    Postgres,
}

/// <summary>A temporary folder with a decision log in it, and what tests do there. Logs that were started end with it.</summary>
internal sealed class LogFolder : IAsyncDisposable
{
    private readonly List<AdoNetDecisionLog> _logs = [];

    public LogFolder()
    {
        Directory.CreateDirectory(Folder);
        Options = new DecisionLogOptions { Path = Path.Combine(Folder, "jtfa.db"), GroupCommitMs = 5 };
    }

    /// <summary>A folder whose log is in its own, empty database; skips the test where there is none of that kind.</summary>
    public static async Task<LogFolder> CreateAsync(Database database)
    {
        if (database == Database.Sqlite) return new LogFolder();
        var server = await SharedPostgres.GetAsync();
        return OnPostgres(await server.CreateDatabaseAsync(TestContext.Current.CancellationToken));
    }

    public static LogFolder OnPostgres(string connectionString)
    {
        var folder = new LogFolder();
        (folder.Options.Provider, folder.Options.ConnectionString) = ("Postgres", connectionString);
        folder.Options.SpoolPath = folder.InFolder("jtfa.spool");
        return folder;
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("jtfa-log-").FullName;

    /// <summary>The database's folder, which a test may move away without losing <see cref="Root"/>.</summary>
    public string Folder => Path.Combine(Root, "data");

    public DecisionLogOptions Options { get; }

    public LogLines Lines { get; } = new();

    public string Spool => Options.SpoolPath ?? Options.Path + ".spool";

    public Database Database => Options.Provider == "Postgres" ? Database.Postgres : Database.Sqlite;

    public string InFolder(string name) => Path.Combine(Folder, name);

    public async Task<AdoNetDecisionLog> StartAsync(TimeProvider? clock = null)
    {
        var log = new AdoNetDecisionLog(new OptionsWrapper<DecisionLogOptions>(Options), clock ?? TimeProvider.System, Lines);
        lock (_logs)
            _logs.Add(log);
        await log.StartAsync(TestContext.Current.CancellationToken);
        return log;
    }

    /// <summary>The one line with which a start is refused.</summary>
    public async Task<string> RefusalAsync()
    {
        var failure = await Assert.ThrowsAsync<DecisionLogException>(() => StartAsync());
        Assert.DoesNotContain('\n', failure.Message);
        return failure.Message;
    }

    public DecisionReader Reader(TimeProvider? clock = null) => new(Options, clock ?? TimeProvider.System);

    /// <summary>Everything in the table, in the order it was written.</summary>
    public Task<IReadOnlyList<Decision>> ReadAllAsync() => Reader().LastAsync(int.MaxValue, null, TestContext.Current.CancellationToken);

    public async Task<long[]> ReadIdsAsync(string? scene = null) =>
        [.. (await ReadAllAsync()).Where(decision => scene is null || decision.Scene == scene).Select(decision => decision.Id)];

    /// <summary>A connection of somebody else's.</summary>
    public DbConnection Connect()
    {
        SQLitePCL.Batteries_V2.Init();
        DbConnection connection = Database == Database.Postgres
            ? new NpgsqlConnection($"{Options.ConnectionString};Pooling=false")
            : new SqliteConnection($"Data Source={Options.Path};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>A connection of somebody else's that keeps everybody from writing until it is disposed.</summary>
    public DbConnection Lock()
    {
        var connection = Connect();
        Execute(connection, Database == Database.Postgres ? "BEGIN; LOCK TABLE decisions IN EXCLUSIVE MODE" : "BEGIN EXCLUSIVE");
        return connection;
    }

    public object? Execute(string sql)
    {
        using var connection = Connect();
        return Execute(connection, sql);
    }

    public static object? Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    public long Count(string table = "decisions") => (long)Execute($"SELECT count(*) FROM {table}")!;

    /// <summary>Makes the database refuse decisions until <see cref="AcceptInserts"/>.</summary>
    public void RefuseInserts() => Execute(Database == Database.Postgres
        ? """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION refuse();
            """
        : "CREATE TRIGGER refuse BEFORE INSERT ON decisions BEGIN SELECT RAISE(ABORT, 'refused'); END");

    public void AcceptInserts() =>
        Execute(Database == Database.Postgres ? "DROP TRIGGER refuse ON decisions; DROP FUNCTION refuse()" : "DROP TRIGGER refuse");

    /// <summary>Appends the decisions from one id up to, not including, another.</summary>
    public static async Task AppendAsync(AdoNetDecisionLog log, int from, int to)
    {
        for (var id = from; id < to; id++) await log.AppendAsync(Decision(id));
    }

    /// <summary>Asserts that exactly so many are in the table, in order, and none waits or is lost.</summary>
    public async Task HoldsAllAsync(AdoNetDecisionLog log, int count)
    {
        Assert.Equal(Enumerable.Range(0, count).Select(id => (long)id), await ReadIdsAsync());
        Assert.Equal((0, 0), (log.Pending, log.Lost));
    }

    public static Decision Decision(long id, string scene = "shelf", int pred = 3, int gt = 3, double? timestamp = null) => new()
    {
        Scene = scene,
        Id = id,
        Timestamp = timestamp ?? 1_780_000_000 + (0.1 * id),
        Cause = id % 3 == 0 ? FireCause.T : FireCause.K,
        M = 3,
        FillRatio = 0.75,
        Bytes = 333,
        LatMean = 0.0123,
        P50 = 0.0111,
        P90 = 0.0222,
        P99 = 0.0333,
        TailFactor = 3.0,
        Pred = pred,
        Gt = gt,
        AccRunning = 0.8125,
        Confidence = 0.625,
        Views = [0, 2, 5],
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var log in _logs) await log.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}
