using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Jtfa.Silo.Decisions;

/// <summary>SQLite: one file, one writer at a time, readers beside it (write-ahead log).</summary>
internal sealed partial class SqliteDialect : SqlDialect
{
    /// <summary>What the options call it.</summary>
    public const string Name = "Sqlite";

    // How long another program's lock is waited for. Decisions meanwhile gather in memory; after it they go to the spool.
    private const int WriteLockSeconds = 1;

    // At start nobody waits for decisions yet, and the other program may be making the same database.
    private const int CreateLockSeconds = 5;

    private readonly DecisionLogOptions _options;
    private readonly string _dataSource;
    private readonly string _setting;

    static SqliteDialect() => SQLitePCL.Batteries_V2.Init();

    public SqliteDialect(DecisionLogOptions options)
    {
        _options = options;
        _dataSource = options.ConnectionString is null ? options.Path : DataSource(options.ConnectionString);
        _setting =
            $"{DecisionLogOptions.Section}:{(options.ConnectionString is null ? nameof(options.Path) : nameof(options.ConnectionString))}";
        Place = Path.GetFullPath(_dataSource);
    }

    public override string SchemaFolder => "sqlite";

    public override string Place { get; }

    public override string? FilePath => Place;

    public override string Other => "another file";

    public override string DefaultSpool => Place + ".spool";

    public override string CountTables => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = @name";

    // Takes the write lock at once: one that is taken later may be refused without waiting.
    protected override string Begin => "BEGIN IMMEDIATE";

    protected override string RowNumber => "rowid";

    public static bool NamesFile(string connectionString)
    {
        try
        {
            return DataSource(connectionString) is { Length: > 0 } file && file != ":memory:"
                && !file.StartsWith("file:", StringComparison.Ordinal)
                && new SqliteConnectionStringBuilder(connectionString).Mode != SqliteOpenMode.Memory;
        }
        catch (ArgumentException)
        {
            return false; // not a connection string at all
        }
    }

    public override DbConnection Open(DatabaseUse use)
    {
        if (use == DatabaseUse.Create) MakeFile();
        else if (!File.Exists(Place))
            throw new DecisionLogException(use == DatabaseUse.Read
                ? $"There is no decision log at {Place}: start a silo that writes it, or name its file in {_setting}"
                : $"{Place} is gone: put it back, or restart to begin a new one");

        var connection = SqliteFactory.Instance.CreateConnection()!;
        try
        {
            connection.ConnectionString = ConnectionString(use);
            connection.Open();
            foreach (var statement in SetUp(use)) Execute(connection, statement);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override void EndStart(DbConnection connection)
    {
        ((SqliteConnection)connection).DefaultTimeout = WriteLockSeconds;
        Execute(connection, LockTimeout(WriteLockSeconds));
    }

    public override DecisionInsert CreateInsert(DbConnection connection) => new SqliteInsert(connection);

    public override void CheckPlace(DbConnection connection)
    {
        // A file that was moved or removed takes writes as if nothing had happened, and they are lost with it.
        var handle = ((SqliteConnection)connection).Handle!;
        var result = FileControl(handle.DangerousGetHandle(), "main", FileControlHasMoved, out var moved);
        if (result != 0) throw new DecisionLogException($"{Place}: SQLite error {result} when asking whether it is still there");
        if (moved != 0) throw new DecisionLogException($"{Place} was removed or replaced: put it back, or restart to begin a new one");
    }

    public override DecisionLogException Explain(Exception failure)
    {
        if (failure is DecisionLogException explained) return explained;
        var reason = failure is not SqliteException sqlite ? failure.Message.ReplaceLineEndings(" ") : sqlite.SqliteErrorCode switch
        {
            5 or 6 => "it is locked by another program: end what holds it",
            8 => $"it is read-only: make the file and its folder writable, or name another file in {_setting}",
            11 => "it is damaged: restore a backup, or move it away to begin a new one",
            13 => "the disk is full: free some space",
            14 => $"it cannot be opened: see that it is a file in a folder that may be written to, or name another in {_setting}",
            26 => $"it is not a SQLite database: move it away, or name another file in {_setting}",
            var code => FormattableString.Invariant(
                $"{sqlite.Message.ReplaceLineEndings(" ")} (code {code}, extended {sqlite.SqliteExtendedErrorCode})"),
        };
        return new DecisionLogException($"{Place}: {reason}", failure);
    }

    /// <summary>The statements that set up a new connection.</summary>
    private IEnumerable<string> SetUp(DatabaseUse use)
    {
        yield return LockTimeout(LockSeconds(use));
        if (use == DatabaseUse.Read) yield break;
        yield return "PRAGMA journal_mode = WAL";
        // NORMAL: a commit survives the process, and a power cut loses the last ones; FULL: every commit is on the disk.
        yield return $"PRAGMA synchronous = {(_options.Durability == Durability.Sync ? "FULL" : "NORMAL")}";
        yield return "PRAGMA journal_size_limit = 67108864";
    }

    private static string DataSource(string connectionString) => new SqliteConnectionStringBuilder(connectionString).DataSource;

    private static string LockTimeout(int seconds) => FormattableString.Invariant($"PRAGMA busy_timeout = {seconds * 1000}");

    private static int LockSeconds(DatabaseUse use) => use == DatabaseUse.Create ? CreateLockSeconds : WriteLockSeconds;

    private string ConnectionString(DatabaseUse use) => new SqliteConnectionStringBuilder(_options.ConnectionString ?? string.Empty)
    {
        DataSource = Place,
        Mode = use switch
        {
            DatabaseUse.Create => SqliteOpenMode.ReadWriteCreate,
            DatabaseUse.Write => SqliteOpenMode.ReadWrite,
            _ => SqliteOpenMode.ReadOnly,
        },
        DefaultTimeout = LockSeconds(use),
        Pooling = false, // a pooled handle would stay on a file that has been replaced
    }.ConnectionString;

    // Before SQLite does, which leaves to the umask who may read it; its journals get the file's mode.
    private void MakeFile()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Place)!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DecisionLogException(
                $"{Place}: its folder cannot be made ({failure.Message}): make it, or name another file in {_setting}", failure);
        }

        try
        {
            OwnFile.MakeIfMissing(Place);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // SQLite fails at the same, and its reason is told.
        }
    }

    // SQLITE_FCNTL_HAS_MOVED, https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html
    private const int FileControlHasMoved = 20;

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileControl(nint database, string schema, int operation, out int answer);
}
