using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Decisions;

/// <summary>When an append counts as done.</summary>
public enum Durability
{
    /// <summary>At once; the decision is committed with its group, at most a group commit later.</summary>
    Group,

    /// <summary>When the decision is committed and on the disk.</summary>
    Sync,
}

/// <summary>Where and how decisions are logged: configuration section <c>Jtfa:Log</c>.</summary>
public sealed class DecisionLogOptions
{
    /// <summary>The configuration section that these are bound from.</summary>
    public const string Section = "Jtfa:Log";

    /// <summary>The database: <c>Sqlite</c> or <c>Postgres</c>.</summary>
    public string Provider { get; set; } = "Sqlite";

    /// <summary>The SQLite file; unused where <see cref="ConnectionString"/> is given.</summary>
    public string Path { get; set; } = "jtfa.db";

    /// <summary>
    /// An ADO.NET connection string: for SQLite instead of <see cref="Path"/>, for PostgreSQL required. No message repeats it.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>A CSV file with the published schema to write as well; null is none.</summary>
    public string? Csv { get; set; }

    /// <summary>When an append counts as done.</summary>
    public Durability Durability { get; set; } = Durability.Group;

    /// <summary>
    /// Milliseconds that decisions gather before they are committed together. Unused under <see cref="Durability.Sync"/>.
    /// </summary>
    public int GroupCommitMs { get; set; } = 50;

    /// <summary>Decisions held in memory; beyond it they go to the spool.</summary>
    public int QueueLimit { get; set; } = 16_384;

    /// <summary>Age from which a scene's decisions are deleted; null keeps all.</summary>
    public TimeSpan? RetentionAge { get; set; }

    /// <summary>Decisions kept a scene, the newest; null keeps all.</summary>
    public long? RetentionCount { get; set; }

    /// <summary>Age from which minutes of scenes and language models and texts' rows are deleted; null keeps all.</summary>
    public TimeSpan? MinuteRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// File that decisions wait in while the database is away; null is SQLite's with <c>.spool</c> appended, for PostgreSQL
    /// <c>jtfa.spool</c>.
    /// </summary>
    public string? SpoolPath { get; set; }

    /// <summary>Bytes that may wait in the spool; its file is up to twice that while it is being emptied.</summary>
    public long SpoolMaxBytes { get; set; } = 256L << 20;

    /// <summary>How to connect to the database, whichever of the settings names it; empty where none does.</summary>
    internal string DatabaseConnectionString => ConnectionString
        ?? (Provider == PostgresDialect.Name ? "" : new SqliteConnectionStringBuilder { DataSource = Path }.ToString());

    /// <summary>What is wrong with these options: a line each, naming key, value and what is allowed; empty when all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        Check(SqlDialect.Names.Contains(Provider), nameof(Provider), Provider, string.Join(", ", SqlDialect.Names));
        if (Provider == SqliteDialect.Name && ConnectionString is null) Check(IsFile(Path), nameof(Path), Path, "a file");
        else if (SqlDialect.Names.Contains(Provider) && SqlDialect.Refusal(Provider, ConnectionString ?? string.Empty) is { } allowed)
            faults.Add($"{Section}:{nameof(ConnectionString)}: allowed is {allowed}"); // without its value, which may hold a password
        Check(Csv is null || IsFile(Csv), nameof(Csv), Csv, "a file, or no value for none");
        Check(Enum.IsDefined(Durability), nameof(Durability), Durability, string.Join(", ", Enum.GetNames<Durability>()));
        Check(GroupCommitMs is >= 1 and <= 10_000, nameof(GroupCommitMs), GroupCommitMs, "1 … 10000");
        Check(QueueLimit is >= 1 and <= 1_000_000, nameof(QueueLimit), QueueLimit, "1 … 1000000");
        Check(!(RetentionAge <= TimeSpan.Zero), nameof(RetentionAge), RetentionAge,
            "more than 00:00:00, as in 30.00:00:00 (30 days), or no value");
        Check(!(RetentionCount < 1), nameof(RetentionCount), RetentionCount, "1 or more, or no value");
        Check(
            !(MinuteRetention <= TimeSpan.Zero), nameof(MinuteRetention), MinuteRetention,
            "more than 00:00:00, as in 30.00:00:00 (30 days), or no value");
        Check(SpoolPath is null || IsFile(SpoolPath), nameof(SpoolPath), SpoolPath, "a file, or no value for one beside the database");
        Check(SpoolMaxBytes >= 0, nameof(SpoolMaxBytes), SpoolMaxBytes, "0 (no spool) or more");
        return faults;

        void Check(bool allowed, string key, object? value, string range)
        {
            if (!allowed) faults.Add(FormattableString.Invariant($"{Section}:{key}={value}: allowed is {range}"));
        }
    }

    private static bool IsFile(string path) => !string.IsNullOrWhiteSpace(path) && !Directory.Exists(path) && path != ":memory:";
}

/// <summary>Refuses to start with options that have faults.</summary>
internal sealed class DecisionLogOptionsValidation : IValidateOptions<DecisionLogOptions>
{
    public ValidateOptionsResult Validate(string? name, DecisionLogOptions options) =>
        options.Faults() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
