#if !ORLEANS
using System.Data.Common;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Jtfa.Silo;

/// <summary>Where policies set at run time and cameras' configurations are kept.</summary>
internal static class GrainStateStorage
{
    /// <summary>They live beside the decisions, in the same database.</summary>
    public static void AddGrainStateStorage(this ISiloBuilder silo)
    {
        var log = new DecisionLogOptions();
        silo.Configuration.GetSection(DecisionLogOptions.Section).Bind(log);
        var (invariant, factory, connectionString) = log.Provider == PostgresDialect.Name
            ? ("Npgsql", (DbProviderFactory)NpgsqlFactory.Instance, log.ConnectionString ?? string.Empty)
            : ("Microsoft.Data.Sqlite", SqliteFactory.Instance,
                log.ConnectionString ?? new SqliteConnectionStringBuilder { DataSource = log.Path }.ToString());
        DbProviderFactories.RegisterFactory(invariant, factory);
        silo.AddAdoNetGrainStorage(JtfaNames.Storage, storage => (storage.Invariant, storage.ConnectionString) = (invariant, connectionString));
    }
}
#endif
