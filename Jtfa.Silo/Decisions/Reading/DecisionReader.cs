using System.Data.Common;
using System.Runtime.CompilerServices;
using Jtfa.Grains;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// Queries the decision log read-only, also while a silo writes it. Every query sees all that is committed when it begins.
/// </summary>
public sealed partial class DecisionReader
{
    private const int PageSize = 1000;

    private static readonly TimeSpan s_pollPeriod = TimeSpan.FromMilliseconds(250);

    private readonly SqlDialect _dialect;
    private readonly TimeProvider _clock;
    private readonly Schema _schema;

    /// <summary>A reader of the log that the options name; it is opened by the first query.</summary>
    /// <exception cref="DecisionLogException">The options have faults.</exception>
    public DecisionReader(DecisionLogOptions options, TimeProvider clock)
        : this(SqlDialect.For(options), clock)
    {
    }

    internal DecisionReader(SqlDialect dialect, TimeProvider clock) => (_dialect, _clock, _schema) = (dialect, clock, Schema.For(dialect));

    /// <summary>The newest decisions of a scene (null: of all), the oldest of them first.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<IReadOnlyList<Decision>> LastAsync(int count, string? scene, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return QueryAsync(connection => Last(connection, count, scene, cancellationToken), cancellationToken);
    }

    /// <summary>A scene's decisions (null: all scenes') that fired at a time or later, in the order they were written.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public async IAsyncEnumerable<Decision> SinceAsync(
        DateTimeOffset since, string? scene, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seconds = (since - DateTimeOffset.UnixEpoch).TotalSeconds;
        var after = await QueryAsync(connection => BeforeSince(connection, seconds, scene, null), cancellationToken);
        while (after is not null)
        {
            var page = await PageAsync(after.Value, scene, seconds, cancellationToken);
            foreach (var row in page) yield return row.Decision;
            after = page.Count < PageSize ? null : page[^1].Number;
        }
    }

    /// <summary>
    /// The newest decisions of a scene (null: of all) and then every further one as it is committed, each once, without end.
    /// </summary>
    /// <param name="last">How many there are to begin with.</param>
    /// <param name="scene">The scene; null is all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public async IAsyncEnumerable<Decision> FollowAsync(
        int last, string? scene, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(last);
        var after = await QueryAsync(connection => Before(connection, last, scene), cancellationToken);
        while (true)
        {
            var page = await PageAsync(after, scene, null, cancellationToken);
            foreach (var row in page) yield return row.Decision;
            if (page.Count > 0) after = page[^1].Number;
            // Fewer rows than before: another database is in its place, and all it holds is new.
            else if (await QueryAsync(connection => Number(connection, _dialect.Newest) ?? 0, cancellationToken) < after) after = 0;
            if (page.Count < PageSize) await Task.Delay(s_pollPeriod, _clock, cancellationToken);
        }
    }

    /// <summary>What the log holds of a scene, for the scene to go on from.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<SceneHistory> GetHistoryAsync(string scene, CancellationToken cancellationToken)
    {
        var since = (_clock.GetUtcNow() - SceneHistory.Span - DateTimeOffset.UnixEpoch).TotalSeconds;
        return QueryAsync(
            connection => new SceneHistory(
                Totals(connection, scene), Last(connection, SceneHistory.MostRecent, scene, cancellationToken),
                KeysSince(connection, scene, since)),
            cancellationToken);
    }

    /// <summary>What the log holds of every scene, by scene in ordinal order.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<IReadOnlyDictionary<string, SceneTotals>> GetTotalsAsync(CancellationToken cancellationToken) =>
        QueryAsync<IReadOnlyDictionary<string, SceneTotals>>(
            connection => new SortedDictionary<string, SceneTotals>(
                _dialect.ReadEpochs(connection, null).Select(part => part.Scene).Distinct()
                    .ToDictionary(scene => scene, scene => Totals(connection, scene)),
                StringComparer.Ordinal),
            cancellationToken);

    private static (string, object?)[] Page(long after, string? scene, double? since, int? epoch, int count) =>
        [("after", after), ("scene", scene), ("since", since), ("epoch", epoch), ("count", count)];

    private static DbCommand Command(DbConnection connection, string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.AddParameter(name, value);
        return command;
    }

    private static List<(long Number, Decision Decision)> Rows(
        DbConnection connection, string sql, (string, object?)[] parameters, CancellationToken cancellationToken)
    {
        using var command = Command(connection, sql, parameters);
        using var rows = command.ExecuteReader();
        var decisions = new List<(long, Decision)>();
        while (rows.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            decisions.Add((rows.GetInt64(0), DecisionRow.Read(rows)));
        }

        return decisions;
    }

    private static long? Number(DbConnection connection, string sql, params ReadOnlySpan<(string, object?)> parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteScalar() as long?;
    }

    private IReadOnlyList<Decision> Last(DbConnection connection, int count, string? scene, CancellationToken cancellationToken) =>
        [.. (scene is null
        ? Rows(connection, _dialect.Page, Page(Before(connection, count, null), null, null, null, count), cancellationToken)
        : Rows(connection, _dialect.LastOfScene, [("scene", scene), ("count", count)], cancellationToken)).Select(row => row.Decision)];

    private List<DecisionKey> KeysSince(DbConnection connection, string scene, double since)
    {
        var keys = new List<DecisionKey>();
        foreach (var (_, epoch) in Enumerable.Reverse(_dialect.ReadEpochs(connection, scene)))
        {
            using var command = Command(
                connection, _dialect.IdsSince,
                [("scene", scene), ("epoch", epoch), ("since", since), ("count", SceneHistory.MostKeys - keys.Count)]);
            using var rows = command.ExecuteReader();
            while (rows.Read()) keys.Add(new DecisionKey(epoch, rows.GetInt64(0)));
        }

        keys.Reverse();
        return keys;
    }

    private long Before(DbConnection connection, int count, string? scene) => (scene is null || count == 0
        ? Number(connection, _dialect.BeforeLast, ("count", count))
        : Number(connection, _dialect.BeforeLastOfScene, ("scene", scene), ("count", count)) ?? Number(connection, _dialect.Newest)) ?? 0;

    // Where a clock epoch is given, since a time of it: it and all later ones.
    private long? BeforeSince(DbConnection connection, double since, string? scene, int? epoch) =>
        _dialect.ReadEpochs(connection, scene).Where(part => epoch is null || part.Epoch >= epoch).Min(part => Number(
            connection, _dialect.BeforeSince,
            ("scene", part.Scene), ("epoch", part.Epoch), ("since", part.Epoch > epoch ? double.MinValue : since)));

    private SceneTotals Totals(DbConnection connection, string scene)
    {
        using var command = Command(connection, _dialect.Totals, [("scene", scene)]);
        using var row = command.ExecuteReader();
        row.Read();
        var decisions = row.GetInt64(0);
        return decisions == 0 ? default : new SceneTotals(decisions, row.GetInt64(1), row.GetInt64(2));
    }

    private Task<List<(long Number, Decision Decision)>> PageAsync(
        long after, string? scene, double? since, CancellationToken cancellationToken) =>
        QueryAsync(
            connection => Rows(connection, _dialect.Page, Page(after, scene, since, null, PageSize), cancellationToken), cancellationToken);

    /// <summary>
    /// Runs a query on a connection and a thread of its own: SQLite blocks, and a connection kept open would miss a replaced file or a
    /// server that was restarted.
    /// </summary>
    private Task<T> QueryAsync<T>(Func<DbConnection, T> query, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                using var connection = _dialect.Open(DatabaseUse.Read);
                if (_schema.Read(connection, _dialect) == 0)
                    throw new DecisionLogException($"{_dialect.Place} is a database without a decision log: name {_dialect.Other}");
                return query(connection);
            }
            catch (DbException failure)
            {
                throw _dialect.Explain(failure);
            }
        },
        cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
