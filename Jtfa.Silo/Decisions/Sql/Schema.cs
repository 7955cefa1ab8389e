using System.Data.Common;
using System.Globalization;
using System.Reflection;

namespace Jtfa.Silo.Decisions;

/// <summary>One numbered script.</summary>
internal sealed record SchemaStep(int Version, string Script, string Sql);

/// <summary>The schema as numbered scripts (sql/), and how a database of any earlier version is brought up to the newest.</summary>
internal sealed class Schema(IReadOnlyList<SchemaStep> steps)
{
    // The table in which the grain engine that JTFA had before Orleans kept state.
    private const string FormerState = "grain_state";

    /// <summary>The scripts, the oldest first.</summary>
    public IReadOnlyList<SchemaStep> Steps => steps;

    /// <summary>The newest version, 0 when there is no script.</summary>
    public int Version => steps.Count == 0 ? 0 : steps[^1].Version;

    /// <summary>The scripts that this program carries for a dialect.</summary>
    public static Schema For(SqlDialect dialect)
    {
        var assembly = typeof(Schema).Assembly;
        var marker = $".sql.{dialect.SchemaFolder}.";
        return new Schema([.. assembly.GetManifestResourceNames()
            .Where(name => name.Contains(marker, StringComparison.Ordinal))
            .Select(name => Load(assembly, name, name[(name.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..]))
            .OrderBy(step => step.Version)]);
    }

    /// <summary>Applies what a database lacks, all or nothing, one program at a time. Does nothing where nothing is lacking.</summary>
    /// <exception cref="DecisionLogException">The database is newer than this program, or has state of its former grain engine.</exception>
    public void Apply(DbConnection connection, SqlDialect dialect, TimeProvider clock)
    {
        if (HasTable(connection, dialect, FormerState))
        {
            throw new DecisionLogException(
                $"{dialect.Place} has policies and cameras that an earlier JTFA stored without Orleans, and Orleans cannot read: " +
                $"give it the statement DROP TABLE {FormerState} and set them again (its decisions stay), or {dialect.Other}");
        }

        if (Read(connection, dialect) == Version) return;

        dialect.Transact(connection, () =>
        {
            SqlDialect.Execute(connection, dialect.CreateVersions);
            // Another program may have changed the schema before this one got the lock.
            var version = Read(connection, dialect);
            foreach (var step in steps.Where(step => step.Version > version))
            {
                SqlDialect.Execute(connection, step.Sql);
                Record(connection, dialect, step, clock.GetUtcNow());
            }
        });
    }

    /// <summary>The version of a database: 0 for an empty one.</summary>
    /// <exception cref="DecisionLogException">The database is newer than this program.</exception>
    public int Read(DbConnection connection, SqlDialect dialect)
    {
        if (!HasTable(connection, dialect, "schema_version")) return 0;
        using var command = connection.CreateCommand();
        command.CommandText = dialect.ReadVersion;
        var version = command.ExecuteScalar() is { } newest and not DBNull ? Convert.ToInt32(newest, CultureInfo.InvariantCulture) : 0;
        return version <= Version ? version : throw new DecisionLogException(string.Create(
            CultureInfo.InvariantCulture,
            $"{dialect.Place} has schema version {version}, this program knows up to {Version}: use the newer program that wrote it, or " +
            $"{dialect.Other}"));
    }

    private static bool HasTable(DbConnection connection, SqlDialect dialect, string table)
    {
        using var command = connection.CreateCommand();
        command.CommandText = dialect.CountTables;
        command.AddParameter("name", table);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture) > 0;
    }

    private static void Record(DbConnection connection, SqlDialect dialect, SchemaStep step, DateTimeOffset now)
    {
        using var command = connection.CreateCommand();
        command.CommandText = dialect.WriteVersion;
        command.AddParameter("version", step.Version);
        command.AddParameter("script", step.Script);
        command.AddParameter("applied", now.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        command.ExecuteNonQuery();
    }

    private static SchemaStep Load(Assembly assembly, string resource, string script)
    {
        using var text = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new SchemaStep(
            int.Parse(script.AsSpan(0, script.IndexOf('_', StringComparison.Ordinal)), CultureInfo.InvariantCulture), script,
            text.ReadToEnd());
    }
}

/// <summary>Parameters the way every provider makes them.</summary>
internal static class DbCommandExtensions
{
    /// <summary>Adds a parameter; null is NULL.</summary>
    public static DbParameter AddParameter(this DbCommand command, string name, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@" + name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
