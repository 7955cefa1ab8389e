using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Jtfa.Silo.Cluster;

/// <summary>Where grains keep what outlives a silo: policies, what cameras were told, who subscribed to decisions.</summary>
internal static class GrainStorage
{
    /// <summary>Orleans' name of PostgreSQL's driver.</summary>
    public const string Postgres = "Npgsql";

    // Orleans' name of SQLite's driver; Orleans loads Microsoft.Data.Sqlite for it.
    private const string Sqlite = "System.Data.SQLite";

    // Where Orleans' streams remember who subscribed.
    private const string Subscriptions = "PubSubStore";

    private const int MostConnections = 6;

    /// <summary>
    /// Adds the storage: a cluster's database or, for a silo that is alone, the decision log's; such a silo keeps subscribers in memory.
    /// </summary>
    public static void AddGrainStorage(this ISiloBuilder silo, SiloClusterOptions cluster)
    {
        if (cluster.Provider == ClusterProvider.Postgres)
        {
            foreach (var name in new[] { JtfaNames.Storage, Subscriptions })
                silo.AddAdoNetGrainStorage(name, storage => (storage.Invariant, storage.ConnectionString) = (Postgres, Shared(cluster)));
            return;
        }

        var log = silo.Configuration.GetSection(DecisionLogOptions.Section).Get<DecisionLogOptions>() ?? new DecisionLogOptions();
        var driver = log.Provider == PostgresDialect.Name ? Postgres : Sqlite;
        silo.AddAdoNetGrainStorage(
            JtfaNames.Storage, storage => (storage.Invariant, storage.ConnectionString) = (driver, log.DatabaseConnectionString));
        silo.AddMemoryGrainStorage(Subscriptions);
    }

    /// <summary>
    /// How Orleans connects to a cluster's database: all of its providers share one pool of connections, since a server takes 100 in all
    /// by default, and a cluster has many silos.
    /// </summary>
    public static string Shared(SiloClusterOptions cluster)
    {
        var given = new NpgsqlConnectionStringBuilder(cluster.ConnectionString);
        var shared = new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { IncludeErrorDetail = false };
        var set = given.Keys.Cast<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!set.Contains("Maximum Pool Size")) shared.MaxPoolSize = MostConnections;
        if (!set.Contains("Application Name")) shared.ApplicationName = "jtfa silo";
        return shared.ConnectionString;
    }
}
