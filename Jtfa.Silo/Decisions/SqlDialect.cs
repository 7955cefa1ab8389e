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
    public static IReadOnlyList<string> Names { get; } = ["Sqlite"];

    /// <summary>The folder under sql/ with the schema.</summary>
    public abstract string SchemaFolder { get; }

    /// <summary>The file that the database is; what messages call it.</summary>
    public abstract string Place { get; }

    /// <summary>A row's number: grows with every insert and names no row twice, so that a follower misses nothing.</summary>
    protected abstract string RowNumber { get; }

    /// <summary>Counts tables of the name @name.</summary>
    public abstract string CountTables { get; }

    /// <summary>Begins a transaction that writes.</summary>
    protected abstract string Begin { get; }

    /// <summary>Writes nothing, and fails where nothing may be written.</summary>
    public virtual string Probe => "DELETE FROM decisions WHERE scene IS NULL";

    public virtual string CreateVersions =>
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, script TEXT NOT NULL, applied TEXT NOT NULL)";

    public virtual string ReadVersion => "SELECT max(version) FROM schema_version";

    public virtual string WriteVersion => "INSERT INTO schema_version (version, script, applied) VALUES (@version, @script, @applied)";

    /// <summary>Changes one row, or none when the decision is there already.</summary>
    public virtual string Insert =>
        $"INSERT INTO decisions ({string.Join(", ", DecisionRow.Columns)}) VALUES (@{string.Join(", @", DecisionRow.Columns)}) ON CONFLICT DO NOTHING";

    /// <summary>Decisions, of them labelled and of them correct, of @scene.</summary>
    public virtual string Totals => "SELECT count(*), sum(gt >= 0), sum(correct) FROM decisions WHERE scene = @scene";

    /// <summary>Every scene once, found by one index look-up a scene.</summary>
    protected virtual string Scenes =>
        """
        WITH RECURSIVE scenes (scene) AS (
            SELECT min(scene) FROM decisions
            UNION ALL
            SELECT (SELECT min(d.scene) FROM decisions d WHERE d.scene > scenes.scene) FROM scenes WHERE scenes.scene IS NOT NULL)
        SELECT scene FROM scenes WHERE scene IS NOT NULL
        """;

    /// <summary>The row number behind which the newest @count rows of all scenes stand; no row when there are no more than that.</summary>
    public virtual string BeforeLast => $"SELECT {RowNumber} FROM decisions ORDER BY {RowNumber} DESC LIMIT 1 OFFSET @count";

    /// <summary>The row number behind which the newest @count rows of @scene stand.</summary>
    public virtual string BeforeLastOfScene => $"SELECT min({RowNumber}) - 1 FROM ({NewestOfScene})";

    /// <summary>The newest @count rows of @scene, in the order they were written.</summary>
    public virtual string LastOfScene => $"{SelectRows} WHERE {RowNumber} IN ({NewestOfScene}) ORDER BY {RowNumber}";

    /// <summary>At most @count rows from behind row number @after and since @since (seconds), of @scene unless that is NULL.</summary>
    public virtual string Page => $"""
        {SelectRows}
        WHERE {RowNumber} > @after AND (@scene IS NULL OR scene = @scene) AND (@since IS NULL OR timestamp >= @since)
        ORDER BY {RowNumber} LIMIT @count
        """;

    /// <summary>The row number behind which all rows of @scene since @since (seconds) stand.</summary>
    public virtual string BeforeSince => $"SELECT min({RowNumber}) - 1 FROM decisions WHERE scene = @scene AND timestamp >= @since";

    /// <summary>Decisions' numbers of @scene since @since (seconds), at most @count, the newest first.</summary>
    public virtual string IdsSince =>
        "SELECT decision FROM decisions WHERE scene = @scene AND timestamp >= @since ORDER BY timestamp DESC LIMIT @count";

    /// <summary>The newest row number.</summary>
    public virtual string Newest => $"SELECT max({RowNumber}) FROM decisions";

    public virtual string CountOfScene => "SELECT count(*) FROM decisions WHERE scene = @scene";

    /// <summary>Deletes the oldest @count rows of @scene that are older than @before (seconds; NULL: of any age).</summary>
    /// <remarks>The table's newest row stays, so that its number is not given again.</remarks>
    public virtual string DeleteOldest => $"""
        DELETE FROM decisions WHERE {RowNumber} IN (
            SELECT {RowNumber} FROM decisions
            WHERE scene = @scene AND (@before IS NULL OR timestamp < @before) AND {RowNumber} < (SELECT max({RowNumber}) FROM decisions)
            ORDER BY timestamp LIMIT @count)
        """;

    private string SelectRows => $"SELECT {RowNumber}, {string.Join(", ", DecisionRow.Columns)} FROM decisions";

    private string NewestOfScene => $"SELECT {RowNumber} FROM decisions WHERE scene = @scene ORDER BY timestamp DESC, {RowNumber} DESC LIMIT @count";

    /// <summary>The dialect of the options' provider.</summary>
    /// <exception cref="DecisionLogException">The options have faults.</exception>
    public static SqlDialect For(DecisionLogOptions options) => options.Faults() is { Count: > 0 } faults
        ? throw new DecisionLogException(faults[0])
        : new SqliteDialect(options);

    /// <summary>Whether a connection string names a file, as it must.</summary>
    public static bool ConnectsToFile(string connectionString) => SqliteDialect.NamesFile(connectionString);

    /// <summary>Opens a connection and sets it up.</summary>
    /// <exception cref="DbException">The provider's failure; <see cref="Explain"/> makes a line of it.</exception>
    /// <exception cref="DecisionLogException">There is no database, or its folder cannot be made.</exception>
    public abstract DbConnection Open(DatabaseUse use);

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

    /// <summary>Every scene of the log, in ordinal order.</summary>
    public List<string> ReadScenes(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Scenes;
        using var rows = command.ExecuteReader();
        var scenes = new List<string>();
        while (rows.Read())
            scenes.Add(rows.GetString(0));
        return scenes;
    }

    /// <summary>Runs one statement.</summary>
    public static void Execute(DbConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}
