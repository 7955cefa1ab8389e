using System.Data.Common;

namespace Jtfa.Silo.Decisions;

/// <summary>What a connection is opened for.</summary>
internal enum DatabaseUse
{
    /// <summary>To write; the database is made where there is none.</summary>
    Create,

    /// <summary>To write to a database that has been there before.</summary>
    Write,

    /// <summary>To read.</summary>
    Read,
}

/// <summary>All that differs from one database to another, and all SQL text: nothing outside knows a provider or a statement.</summary>
internal abstract class SqlDialect
{
    /// <summary>Values of <see cref="DecisionLogOptions.Provider"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [SqliteDialect.Name, PostgresDialect.Name];

    /// <summary>The folder under sql/ with the schema.</summary>
    public abstract string SchemaFolder { get; }

    /// <summary>
    /// What messages call the database: its file, or host:port/database. Never what the connection string says beyond it.
    /// </summary>
    public abstract string Place { get; }

    /// <summary>The database's file; null where it is a server's.</summary>
    public abstract string? FilePath { get; }

    /// <summary>What messages propose to name instead: another file, another database.</summary>
    public abstract string Other { get; }

    /// <summary>The spool where the options name none.</summary>
    public abstract string DefaultSpool { get; }

    /// <summary>A row's number: grows with every insert and names no row twice, so that a follower misses nothing.</summary>
    protected abstract string RowNumber { get; }

    /// <summary>Counts tables of the name @name.</summary>
    public abstract string CountTables { get; }

    /// <summary>Begins a transaction that writes, once no other program's is under way.</summary>
    protected abstract string Begin { get; }

    /// <summary>Writes nothing, and fails where nothing may be written.</summary>
    public virtual string Probe => "DELETE FROM decisions WHERE scene IS NULL";

    public virtual string CreateVersions =>
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, script TEXT NOT NULL, applied TEXT NOT NULL)";

    public virtual string ReadVersion => "SELECT max(version) FROM schema_version";

    public virtual string WriteVersion => "INSERT INTO schema_version (version, script, applied) VALUES (@version, @script, @applied)";

    /// <summary>Counts the decisions of @scene, the labelled ones and the correct ones.</summary>
    public virtual string Totals =>
        "SELECT count(*), count(*) FILTER (WHERE gt >= 0), count(*) FILTER (WHERE correct = 1) FROM decisions WHERE scene = @scene";

    /// <summary>
    /// Every scene's clock epochs, or only those of @scene unless that is NULL: each found by two index look-ups, in ordinal order.
    /// </summary>
    protected virtual string Epochs =>
        """
        WITH RECURSIVE scenes (scene) AS (
            SELECT coalesce(CAST(@scene AS TEXT), (SELECT min(d.scene) FROM decisions d))
            UNION ALL
            SELECT (SELECT min(d.scene) FROM decisions d WHERE d.scene > scenes.scene)
            FROM scenes WHERE scenes.scene IS NOT NULL AND CAST(@scene AS TEXT) IS NULL),
        epochs (scene, epoch) AS (
            SELECT scene, (SELECT min(d.clock_epoch) FROM decisions d WHERE d.scene = scenes.scene) FROM scenes WHERE scene IS NOT NULL
            UNION ALL
            SELECT scene, (SELECT min(d.clock_epoch) FROM decisions d WHERE d.scene = epochs.scene AND d.clock_epoch > epochs.epoch)
            FROM epochs WHERE epoch IS NOT NULL)
        SELECT scene, epoch FROM epochs WHERE epoch IS NOT NULL ORDER BY scene, epoch
        """;

    /// <summary>The row number behind which the newest @count rows of all scenes stand; no row when there are no more than that.</summary>
    public virtual string BeforeLast => $"SELECT {RowNumber} FROM decisions ORDER BY {RowNumber} DESC LIMIT 1 OFFSET @count";

    /// <summary>The row number behind which the newest @count rows of @scene stand.</summary>
    public virtual string BeforeLastOfScene => $"SELECT min({RowNumber}) - 1 FROM ({NewestOfScene}) newest";

    /// <summary>The newest @count rows of @scene, in the order they were written.</summary>
    public virtual string LastOfScene => $"{SelectRows} WHERE {RowNumber} IN ({NewestOfScene}) ORDER BY {RowNumber}";

    /// <summary>
    /// At most @count rows from behind row number @after, of @scene unless that is NULL: those since @since (seconds), and those of another
    /// clock epoch than @epoch unless that is NULL.
    /// </summary>
    public virtual string Page => $"""
        {SelectRows}
        WHERE {RowNumber} > @after
            AND (CAST(@scene AS TEXT) IS NULL OR scene = @scene)
            AND (CAST(@since AS DOUBLE PRECISION) IS NULL OR timestamp >= @since OR clock_epoch <> CAST(@epoch AS INTEGER))
        ORDER BY {RowNumber} LIMIT @count
        """;

    /// <summary>The row number behind which all rows of @scene and @epoch since @since (seconds) stand.</summary>
    /// <remarks>Not the minimum of the bare row number: PostgreSQL would look for it among all rows, from the first on.</remarks>
    public virtual string BeforeSince =>
        $"SELECT min({RowNumber} + 0) - 1 FROM decisions WHERE scene = @scene AND clock_epoch = @epoch AND timestamp >= @since";

    /// <summary>Decisions' numbers of @scene and @epoch since @since (seconds), at most @count, the newest first.</summary>
    public virtual string IdsSince =>
        "SELECT decision FROM decisions WHERE scene = @scene AND clock_epoch = @epoch AND timestamp >= @since " +
        "ORDER BY timestamp DESC LIMIT @count";

    /// <summary>The newest row number.</summary>
    public virtual string Newest => $"SELECT max({RowNumber}) FROM decisions";

    /// <summary>The row number of a decision: @scene, @epoch, @decision.</summary>
    public virtual string NumberOf =>
        $"SELECT {RowNumber} FROM decisions WHERE scene = @scene AND clock_epoch = @epoch AND decision = @decision";

    /// <summary>
    /// Cause, m, bytes, fill ratio, mean latency, gt and correct of @scene's decisions in @epoch from @from until before @to (seconds).
    /// </summary>
    public virtual string Measurements =>
        "SELECT cause, m, bytes, fill_ratio, lat_mean, gt, correct FROM decisions WHERE scene = @scene AND clock_epoch = @epoch " +
        "AND timestamp >= @from AND timestamp < @to";

    /// <summary>
    /// Clock epoch, time and row number of the newest decision of @scene beyond the newest @count; no row when there are no more than that.
    /// </summary>
    public virtual string NewestBeyond => $"""
        SELECT clock_epoch, timestamp, {RowNumber} FROM decisions WHERE scene = @scene
        ORDER BY clock_epoch DESC, timestamp DESC, {RowNumber} DESC LIMIT 1 OFFSET @count
        """;

    /// <summary>
    /// Deletes the oldest @count rows of @scene and @epoch that are older than @time (seconds), or as old and no newer than row @number.
    /// </summary>
    /// <remarks>The table's newest row stays, so that its number is not given again.</remarks>
    public virtual string DeleteOldest => $"""
        DELETE FROM decisions WHERE {RowNumber} IN (
            SELECT {RowNumber} FROM decisions
            WHERE scene = @scene AND clock_epoch = @epoch AND timestamp <= @time AND (timestamp < @time OR {RowNumber} <= @number)
                AND {RowNumber} < (SELECT max({RowNumber}) FROM decisions)
            ORDER BY timestamp, {RowNumber} LIMIT @count)
        """;

    /// <summary>
    /// The newest @count minutes of @scene that began from @from until before @to (seconds), those of the last clock epoch first, in it the
    /// newest first.
    /// </summary>
    public virtual string Minutes => $"""
        SELECT {MinuteRow.ColumnList} FROM scene_minutes WHERE scene = @scene AND from_time >= @from AND from_time < @to
        ORDER BY clock_epoch DESC, from_time DESC LIMIT @count
        """;

    /// <summary>Deletes the oldest @count rows of texts that ended before @time (seconds).</summary>
    public const string DeleteOldestGenerations = """
        DELETE FROM generations WHERE id IN (SELECT id FROM generations WHERE timestamp < @time ORDER BY timestamp LIMIT @count)
        """;

    /// <summary>Keeps a text's request: @request of @model, @asked, @expires (seconds), @body. One that is there stays as it is.</summary>
    public const string InsertGenerationRequest = """
        INSERT INTO generation_requests (request, model, asked, expires, body) VALUES (@request, @model, @asked, @expires, @body)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>When @request was asked, and its body, of @model unless that is NULL, where it has not expired @now.</summary>
    public const string FindGenerationRequest = """
        SELECT asked, body FROM generation_requests
        WHERE request = @request AND (CAST(@model AS TEXT) IS NULL OR model = @model) AND expires > @now
        """;

    /// <summary>Sets when @request of @model expires.</summary>
    public const string ExtendGenerationRequest =
        "UPDATE generation_requests SET expires = @expires WHERE request = @request AND model = @model";

    /// <summary>Forgets @request of @model.</summary>
    public const string DeleteGenerationRequest = "DELETE FROM generation_requests WHERE request = @request AND model = @model";

    /// <summary>Forgets those that have expired @now.</summary>
    public const string DeleteExpiredGenerationRequests = "DELETE FROM generation_requests WHERE expires <= @now";

    /// <summary>Deletes the oldest @count minutes, of whatever scene, that began before @time (seconds).</summary>
    public virtual string DeleteOldestMinutes => """
        DELETE FROM scene_minutes WHERE (scene, clock_epoch, from_time) IN (
            SELECT scene, clock_epoch, from_time FROM scene_minutes WHERE from_time < @time ORDER BY from_time LIMIT @count)
        """;

    private string SelectRows => $"SELECT {RowNumber}, {DecisionRow.ColumnList} FROM decisions";

    private string NewestOfScene =>
        $"SELECT {RowNumber} FROM decisions WHERE scene = @scene " +
        $"ORDER BY clock_epoch DESC, timestamp DESC, {RowNumber} DESC LIMIT @count";

    /// <summary>The dialect of the options' provider.</summary>
    /// <exception cref="DecisionLogException">The options have faults.</exception>
    public static SqlDialect For(DecisionLogOptions options) => options.Faults() is { Count: > 0 } faults
        ? throw new DecisionLogException(faults[0])
        : options.Provider == PostgresDialect.Name ? new PostgresDialect(options)
        : new SqliteDialect(options);

    /// <summary>What a provider's connection string must be; null when it is valid.</summary>
    public static string? Refusal(string provider, string connectionString) => provider == PostgresDialect.Name
        ? PostgresDialect.NamesDatabase(connectionString) ? null
        : "a connection string that names host and database: Host=<host>;Database=<name>;Username=<role>;Password=<password>"
        : SqliteDialect.NamesFile(connectionString)
        ? null
        : "a connection string that names a file: Data Source=<file> (for PostgreSQL set " +
            $"{DecisionLogOptions.Section}:{nameof(DecisionLogOptions.Provider)}={PostgresDialect.Name})";

    /// <summary>Opens a connection and sets it up.</summary>
    /// <exception cref="DbException">The provider's failure; <see cref="Explain"/> makes a line of it.</exception>
    /// <exception cref="DecisionLogException">There is no database, or its folder cannot be made.</exception>
    public abstract DbConnection Open(DatabaseUse use);

    /// <summary>
    /// Ends the start: from now on another program's lock is waited for only as long as decisions may gather in memory.
    /// </summary>
    public abstract void EndStart(DbConnection connection);

    /// <summary>Prepares to insert groups of decisions.</summary>
    public abstract DecisionInsert CreateInsert(DbConnection connection);

    /// <summary>Fails when what the connection writes to is not, or no longer, what <see cref="Place"/> names.</summary>
    /// <exception cref="DecisionLogException">It is not.</exception>
    public abstract void CheckPlace(DbConnection connection);

    /// <summary>Makes one line of a failure: what it is, where, and what to do.</summary>
    public abstract DecisionLogException Explain(Exception failure);

    /// <summary>
    /// Runs a transaction. Should it fail, the connection is closed, which undoes it whatever state it was left in: after a full disk
    /// SQLite has rolled back already, and its provider's DbTransaction then neither rolls back nor lets go of the connection.
    /// </summary>
    public void Transact(DbConnection connection, Action body)
    {
        try
        {
            Execute(connection, Begin);
            body();
            Execute(connection, "COMMIT");
        }
        catch
        {
            connection.Close();
            throw;
        }
    }

    /// <summary>
    /// At most @count decisions of @scene and @epoch by when they fired and their row number, for which all of
    /// <paramref name="conditions"/> hold, beyond the row of @timestamp and @number where <paramref name="continued"/>. A condition that is
    /// not asked for is left out, so that each kind of query has a plan of its own.
    /// </summary>
    public string Filtered(IEnumerable<string> conditions, bool oldestFirst, bool continued)
    {
        var (beyond, order) = oldestFirst ? (">", "ASC") : ("<", "DESC");
        var all = conditions.Prepend("scene = @scene AND clock_epoch = @epoch");
        if (continued) all = all.Append($"(timestamp, {RowNumber}) {beyond} (@timestamp, @number)");
        return $"{SelectRows} WHERE {string.Join(" AND ", all)} ORDER BY timestamp {order}, {RowNumber} {order} LIMIT @count";
    }

    /// <summary>A scene's clock epochs, or those of every scene of the log, in ordinal order.</summary>
    public List<(string Scene, int Epoch)> ReadEpochs(DbConnection connection, string? scene)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Epochs;
        command.AddParameter("scene", scene);
        using var rows = command.ExecuteReader();
        var epochs = new List<(string, int)>();
        while (rows.Read()) epochs.Add((rows.GetString(0), rows.GetInt32(1)));
        return epochs;
    }

    /// <summary>Runs one statement.</summary>
    public static void Execute(DbConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}
