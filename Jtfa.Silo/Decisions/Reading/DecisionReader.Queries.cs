using System.Data.Common;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>What clients ask of the log.</summary>
public sealed partial class DecisionReader
{
    // Each query takes a thread, a connection and maybe a long scan: more at once would slow the silo's decisions.
    private const int MostQueries = 3;

    // Decisions are logged in the order they are published, which differs from the order they fire in by less than this.
    private const double OutOfOrderSeconds = 1;

    private static readonly TimeSpan s_longestTurn = TimeSpan.FromSeconds(5);

    private static readonly SemaphoreSlim s_turns = new(MostQueries);

    /// <summary>A page of the decisions that a query asks for.</summary>
    /// <exception cref="ArgumentException">The query is not valid.</exception>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<DecisionPage> QueryAsync(DecisionQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (string.Join("; ", query.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(query));
        return InTurnAsync(connection => Page(connection, query, cancellationToken), cancellationToken);
    }

    /// <summary>One decision, that of the last clock epoch where the id came again; null when the log does not have it.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public async Task<Decision?> FindAsync(string scene, long id, CancellationToken cancellationToken)
    {
        var page = await QueryAsync(new DecisionQuery { Scene = scene, FromId = id, ToId = id, Limit = 1 }, cancellationToken);
        return page.Decisions.SingleOrDefault();
    }

    /// <summary>Whether the log has a decision.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<bool> HasAsync(string scene, DecisionKey key, CancellationToken cancellationToken) => InTurnAsync(
        connection =>
            Number(connection, _dialect.NumberOf, ("scene", scene), ("epoch", key.ClockEpoch), ("decision", key.Id)) is not null,
        cancellationToken);

    /// <summary>
    /// A scene's decisions that come after one in the log, in the log's order; if the log does not have that one, those that fired later
    /// than a second before it, and those of later clock epochs. After a position that is only a time, those that fired since.
    /// </summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<Decision[]> AfterAsync(string scene, DecisionPosition position, int count, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(position);
        return InTurnAsync(
            connection =>
            {
                var since = (double?)null;
                var epoch = position.IsTime ? position.ClockEpoch : position.ClockEpoch ?? 0;
                var number = position.IsTime
                    ? null
                    : Number(connection, _dialect.NumberOf, ("scene", scene), ("epoch", epoch), ("decision", position.Id));
                if (number is null)
                {
                    since = position.IsTime ? position.Timestamp : position.Timestamp - OutOfOrderSeconds;
                    number = BeforeSince(connection, since.Value, scene, epoch);
                }

                if (number is null) return [];
                return Rows(connection, _dialect.Page, Page(number.Value, scene, since, epoch, count), cancellationToken)
                    .Select(row => row.Decision).ToArray();
            },
            cancellationToken);
    }

    /// <summary>What the log holds of a scene over a time span.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<SpanStatistics> GetStatisticsAsync(
        string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        InTurnAsync(connection => Statistics(connection, scene, from, to, cancellationToken), cancellationToken);

    /// <summary>A scene's minutes that a query asks for, oldest first.</summary>
    /// <exception cref="ArgumentException">The query is not valid.</exception>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<SceneMinute[]> GetMinutesAsync(MinuteQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (string.Join("; ", query.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(query));
        return InTurnAsync(connection => Minutes(connection, query), cancellationToken);
    }

    /// <summary>A language model's minutes that a query asks for, of all silos, oldest first.</summary>
    /// <exception cref="ArgumentException">The query is not valid.</exception>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public Task<ModelMinute[]> GetModelMinutesAsync(ModelMinuteQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (string.Join("; ", query.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(query));
        return InTurnAsync(connection => Minutes(connection, query), cancellationToken);
    }

    private async Task<T> InTurnAsync<T>(Func<DbConnection, T> query, CancellationToken cancellationToken)
    {
        if (!await s_turns.WaitAsync(s_longestTurn, cancellationToken))
            throw new DecisionLogException($"{_dialect.Place} is busy with other queries: ask again, or for less");
        try
        {
            return await QueryAsync(query, cancellationToken);
        }
        finally
        {
            s_turns.Release();
        }
    }

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static List<(string Condition, string Name, object Value)> Conditions(DecisionQuery query)
    {
        var conditions = new List<(string, string, object)>();
        if (query.From is { } from) conditions.Add(("timestamp >= @from", "from", Seconds(from)));
        if (query.To is { } to) conditions.Add(("timestamp < @to", "to", Seconds(to)));
        if (query.FromId is { } fromId) conditions.Add(("decision >= @fromId", "fromId", fromId));
        if (query.ToId is { } toId) conditions.Add(("decision <= @toId", "toId", toId));
        if (query.Cause is { } cause) conditions.Add(("cause = @cause", "cause", cause == FireCause.K ? "K" : "T"));
        if (query.Pred is { } pred) conditions.Add(("pred = @pred", "pred", pred));
        if (query.Correct is { } correct) conditions.Add(("gt >= 0 AND correct = @correct", "correct", correct ? 1 : 0));
        return conditions;
    }

    private SceneMinute[] Minutes(DbConnection connection, MinuteQuery query)
    {
        using var command = Command(
            connection, _dialect.Minutes,
            [
                ("scene", query.Scene), ("count", query.Limit),
                ("from", Seconds(query.From ?? DateTimeOffset.MinValue)), ("to", Seconds(query.To ?? DateTimeOffset.MaxValue)),
            ]);
        using var rows = command.ExecuteReader();
        var minutes = new List<SceneMinute>();
        while (rows.Read()) minutes.Add(MinuteRow.Read(rows));
        minutes.Reverse();
        return [.. minutes];
    }

    private static ModelMinute[] Minutes(DbConnection connection, ModelMinuteQuery query)
    {
        using var command = Command(
            connection, ModelMinuteRow.Newest,
            [
                ("model", query.Model), ("count", query.Limit),
                ("from", Seconds(query.From ?? DateTimeOffset.MinValue)), ("to", Seconds(query.To ?? DateTimeOffset.MaxValue)),
            ]);
        using var rows = command.ExecuteReader();
        var minutes = new List<ModelMinute>();
        while (rows.Read()) minutes.Add(ModelMinuteRow.Read(rows));
        minutes.Reverse();
        return [.. minutes];
    }

    // Queried by scene and clock epoch, since that is how the log is indexed; of several scenes the first rows of each are merged.
    private DecisionPage Page(DbConnection connection, DecisionQuery query, CancellationToken cancellationToken)
    {
        var conditions = Conditions(query);
        var cursor = query.Cursor is { } text && DecisionCursor.TryParse(text, out var read) ? read : (DecisionCursor?)null;
        var epochs = _dialect.ReadEpochs(connection, query.Scene).GroupBy(part => part.Epoch, part => part.Scene);
        epochs = query.OldestFirst
            ? epochs.Where(epoch => epoch.Key >= (cursor?.ClockEpoch ?? int.MinValue)).OrderBy(epoch => epoch.Key)
            : epochs.Where(epoch => epoch.Key <= (cursor?.ClockEpoch ?? int.MaxValue)).OrderByDescending(epoch => epoch.Key);
        var found = epochs.SelectMany(RowsOf).Take(query.Limit + 1).ToList();
        if (found.Count <= query.Limit) return new DecisionPage([.. found.Select(row => row.Decision)], null);
        var (number, last) = found[query.Limit - 1];
        return new DecisionPage(
            [.. found.Take(query.Limit).Select(row => row.Decision)],
            new DecisionCursor(last.Timestamp, number, last.ClockEpoch).ToString());

        // One epoch's first rows, in order.
        IEnumerable<(long Number, Decision Decision)> RowsOf(IGrouping<int, string> epoch)
        {
            var after = cursor is { } position && position.ClockEpoch == epoch.Key ? cursor : null;
            var sql = _dialect.Filtered(conditions.Select(condition => condition.Condition), query.OldestFirst, after is not null);
            var rows = epoch.SelectMany(scene =>
            {
                List<(string, object?)> parameters = [("scene", scene), ("epoch", epoch.Key), ("count", query.Limit + 1),
                    .. conditions.Select(condition => (condition.Name, (object?)condition.Value))];
                if (after is { } beyond) parameters.AddRange([("timestamp", beyond.Timestamp), ("number", beyond.Row)]);
                return Rows(connection, sql, [.. parameters], cancellationToken);
            });
            if (query.Scene is not null) return rows;
            return query.OldestFirst
                ? rows.OrderBy(row => row.Decision.Timestamp).ThenBy(row => row.Number)
                : rows.OrderByDescending(row => row.Decision.Timestamp).ThenByDescending(row => row.Number);
        }
    }

    private SpanStatistics Statistics(
        DbConnection connection, string scene, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var latency = new PercentileSketch();
        var (fill, filled, correct) = (0.0, 0L, 0L);
        var (decisions, byK, tokens, bytes, labelled) = (0L, 0L, 0L, 0L, 0L);
        foreach (var (_, epoch) in _dialect.ReadEpochs(connection, scene))
        {
            using var command = Command(
                connection, _dialect.Measurements,
                [("scene", scene), ("epoch", epoch), ("from", Seconds(from)), ("to", Seconds(to))]);
            using var rows = command.ExecuteReader();
            while (rows.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                decisions++;
                if (rows.GetString(0) == "K") byK++;
                tokens += rows.GetInt32(1);
                bytes += rows.GetInt32(2);
                if (!rows.IsDBNull(3)) (fill, filled) = (fill + rows.GetDouble(3), filled + 1);
                if (!rows.IsDBNull(4)) latency.Add(rows.GetDouble(4));
                if (rows.GetInt32(5) >= 0) labelled++;
                correct += rows.GetInt32(6);
            }
        }

        return new SpanStatistics
        {
            Scene = scene,
            From = from,
            To = to,
            Decisions = decisions,
            ByK = byK,
            ByT = decisions - byK,
            Tokens = tokens,
            Bytes = bytes,
            FillRatio = filled > 0 ? fill / filled : double.NaN,
            Labelled = labelled,
            Accuracy = labelled > 0 ? (double)correct / labelled : double.NaN,
            Latency = LatencySummary.FromSketch(latency),
        };
    }
}
