#if !ORLEANS
using System.Data.Common;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.Data.Sqlite;

namespace Jtfa.Silo;

/// <summary>Where policies set at run time and cameras' configurations are kept.</summary>
internal static class GrainStateStorage
{
    /// <summary>They live beside the decisions, in the same database.</summary>
    public static void AddGrainStateStorage(this ISiloBuilder silo)
    {
        const string invariant = "Microsoft.Data.Sqlite";
        DbProviderFactories.RegisterFactory(invariant, SqliteFactory.Instance);
        var log = silo.Configuration.GetSection(DecisionLogOptions.Section);
        var connectionString = log[nameof(DecisionLogOptions.ConnectionString)]
            ?? new SqliteConnectionStringBuilder { DataSource = log[nameof(DecisionLogOptions.Path)] ?? new DecisionLogOptions().Path }.ToString();
        silo.AddAdoNetGrainStorage(JtfaNames.Storage, storage => (storage.Invariant, storage.ConnectionString) = (invariant, connectionString));
    }
}
#endif
