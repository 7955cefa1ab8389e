#if !ORLEANS
using System.Data.Common;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Jtfa.Silo.Cluster;

/// <summary>Hosts the grains on the Embedded engine: one silo, in this process.</summary>
internal static class GrainHosting
{
    /// <summary>Adds the silo.</summary>
    public static void AddGrains(this IHostApplicationBuilder builder, SiloClusterOptions cluster, bool dashboard)
    {
        _ = (cluster, dashboard); // Orleans' own; the cluster's faults have said that there can be none
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.AddMemoryStreams(JtfaNames.Streams);
            silo.AddGrainState();
        });
    }

    // Policies set at run time and cameras' configurations live beside the decisions, in the same database.
    private static void AddGrainState(this ISiloBuilder silo)
    {
        var log = silo.Configuration.GetSection(DecisionLogOptions.Section).Get<DecisionLogOptions>() ?? new DecisionLogOptions();
        var (invariant, factory) = log.Provider == PostgresDialect.Name
            ? ("Npgsql", (DbProviderFactory)NpgsqlFactory.Instance)
            : ("Microsoft.Data.Sqlite", SqliteFactory.Instance);
        DbProviderFactories.RegisterFactory(invariant, factory);
        silo.AddAdoNetGrainStorage(JtfaNames.Storage, storage => (storage.Invariant, storage.ConnectionString) = (invariant, log.DatabaseConnectionString));
    }
}
#endif
