using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;

namespace Jtfa.Silo.Decisions;

/// <summary>PostgreSQL: a server, for the silos of a cluster to write one log.</summary>
internal sealed class PostgresDialect : SqlDialect
{
    /// <summary>What the options call it.</summary>
    public const string Name = "Postgres";

    // Whoever writes holds this lock of the database until the commit. The number is "JTFA".
    private const string WriteLock = "1247036993";

    // How long another silo's transaction is waited for. Decisions meanwhile gather in memory; after it they go to the spool.
    private const int WriteLockSeconds = 2;

    // At start nobody waits for decisions yet, and the other silo may be making the same tables.
    private const int StartLockSeconds = 10;

    // A silo that hangs in a transaction keeps all others from writing, so the server ends its session after this.
    private const int HungSeconds = 5;

    private const int ConnectSeconds = 3;
    private const int CommandSeconds = 15;

    private readonly string _connectionString;
    private readonly string _setting;

    public PostgresDialect(DecisionLogOptions options, string section = DecisionLogOptions.Section)
    {
        _setting = $"{section}:{nameof(options.ConnectionString)}";
        var given = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        Place = string.Create(CultureInfo.InvariantCulture, $"{given.Host}:{given.Port}/{given.Database}");
        _connectionString = Complete(given);
    }

    public override string SchemaFolder => "postgresql";

    public override string Place { get; }

    public override string Other => "another database";

    public override string? FilePath => null;

    public override string DefaultSpool => "jtfa.spool";

    // Found along the search path, as every other statement finds its tables.
    public override string CountTables => "SELECT count(to_regclass(@name))";

    // Row numbers must be in the order of commits, or a follower that has seen 8 never sees a 7 that was committed later.
    protected override string Begin => $"BEGIN; SELECT pg_advisory_xact_lock({WriteLock})";

    // The right to delete does not include the right to insert: so both are tested.
    public override string Probe => $"{base.Probe}; INSERT INTO decisions (scene) SELECT NULL WHERE false";

    protected override string RowNumber => "number";

    public static bool NamesDatabase(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString) is { Host.Length: > 0, Database.Length: > 0 };
        }
        catch (ArgumentException)
        {
            return false; // not a connection string, or one with keys that Npgsql does not know
        }
    }

    /// <summary>Whether a failure is of a server that cannot be reached or does not serve now, which passes by itself.</summary>
    public static bool IsAway(Exception failure) => AwayCause(failure) is not null;

    /// <summary>The exception within another one that says that the server is away; null where none does.</summary>
    public static Exception? AwayCause(Exception failure)
    {
        if (SaysAway(failure)) return failure;
        var causes = failure is AggregateException several
            ? several.InnerExceptions
            : failure.InnerException is { } inner ? [inner] : (IReadOnlyList<Exception>)[];
        return causes.Select(AwayCause).FirstOrDefault(cause => cause is not null);
    }

    public override DbConnection Open(DatabaseUse use)
    {
        var connection = NpgsqlFactory.Instance.CreateConnection();
        try
        {
            connection.ConnectionString = _connectionString;
            connection.Open();
            if (use != DatabaseUse.Read) SetUp(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override void EndStart(DbConnection connection) => Execute(connection, LockTimeout(WriteLockSeconds));

    public override DecisionInsert CreateInsert(DbConnection connection) => new ArrayInsert(connection);

    public override void CheckPlace(DbConnection connection)
    {
        // Nothing to check: when a database is dropped, its connections end.
    }

    public override DecisionLogException Explain(Exception failure) => failure is DecisionLogException explained
        ? explained
        : new DecisionLogException($"{Place}: {Reason(failure)}", failure);

    private static bool SaysAway(Exception failure) => failure switch
    {
        PostgresException refused => refused.IsTransient || refused.SqlState is PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections,
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        _ => false,
    };

    private static string Complete(NpgsqlConnectionStringBuilder given)
    {
        var set = given.Keys.Cast<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var complete = new NpgsqlConnectionStringBuilder(given.ConnectionString)
        {
            Pooling = false, // a pooled connection may have died with a server that was restarted
            Enlist = false,
            IncludeErrorDetail = false, // would put rows into messages
        };
        if (!set.Contains("Timeout")) complete.Timeout = ConnectSeconds;
        if (!set.Contains("Command Timeout")) complete.CommandTimeout = CommandSeconds;
        if (!set.Contains("Application Name")) complete.ApplicationName = "jtfa decision log";
        return complete.ConnectionString;
    }

    private static string LockTimeout(int seconds) => FormattableString.Invariant($"SET lock_timeout = '{seconds}s'");

    private void SetUp(DbConnection connection)
    {
        // An acknowledged commit must be on the disk whatever the server's default: with 'off' a crash of the server may lose it.
        Execute(connection, FormattableString.Invariant($"""
            {LockTimeout(StartLockSeconds)};
            SET idle_in_transaction_session_timeout = '{HungSeconds}s';
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
            """));
        using var command = connection.CreateCommand();
        command.CommandText = "SHOW server_encoding";
        if (command.ExecuteScalar() is string encoding and not "UTF8")
            throw new DecisionLogException(
                $"{Place} has the encoding {encoding}, which cannot hold every scene's name: create it with ENCODING 'UTF8' TEMPLATE " +
                "template0");
    }

    private string Reason(Exception failure) => failure switch
    {
        PostgresException refused => Reason(refused),
        NpgsqlException { InnerException: SocketException socket } =>
            $"it cannot be reached ({socket.Message}): start the server, or name another in {_setting}",
        NpgsqlException { InnerException: TimeoutException } or TimeoutException =>
            "it does not answer in time: see to the server and the network between",
        NpgsqlException { InnerException: IOException broken } => $"the connection broke off ({Line(broken.Message)})",
        _ => Line(failure.Message),
    };

    // https://www.postgresql.org/docs/current/errcodes-appendix.html. Roles are not named: they come from the connection string.
    private string Reason(PostgresException refused) => refused.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => $"it refuses the user name or the password: correct them in {_setting}",
        PostgresErrorCodes.InvalidAuthorizationSpecification =>
            "its role does not exist or may not connect from here: create it (CREATE ROLE … LOGIN), allow it in pg_hba.conf, or name " +
            $"another in {_setting}",
        PostgresErrorCodes.InvalidCatalogName =>
            $"the database does not exist: create it (CREATE DATABASE … ENCODING 'UTF8'), or name another in {_setting}",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"{Line(refused.MessageText)}: grant the role what it lacks, or make it the owner of the database",
        PostgresErrorCodes.ReadOnlySqlTransaction => $"it is read-only, a standby perhaps: name the primary in {_setting}",
        PostgresErrorCodes.DiskFull => "the server's disk is full: free some space",
        PostgresErrorCodes.TooManyConnections => "it has too many connections: end some, or raise max_connections",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "the server shuts down, or ended this connection",
        PostgresErrorCodes.CannotConnectNow => "the server is starting up or shutting down",
        PostgresErrorCodes.LockNotAvailable => "it is locked by another program for too long: see pg_stat_activity",
        PostgresErrorCodes.QueryCanceled => "a statement took too long or was cancelled: see the server's load",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn =>
            $"{Line(refused.MessageText)}: the log's tables were changed by hand; restore them, or name another database in {_setting}",
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted =>
            $"it is damaged ({Line(refused.MessageText)}): restore a backup",
        var state => $"{Line(refused.MessageText)} (SQLSTATE {state})",
    };

    private static string Line(string message) => message.ReplaceLineEndings(" ");
}
