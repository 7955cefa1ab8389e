using System.Data.Common;
using System.Globalization;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// The PostgreSQL database of a cluster: one for membership, grain state and, unless configured otherwise, the decision log.
/// </summary>
internal sealed class ClusterDatabase(SiloClusterOptions cluster, TimeProvider clock)
{
    private const string Clock = "SELECT extract(epoch FROM clock_timestamp())::double precision";

    // Members that reported within the last minute that they are alive.
    private const string OtherClusters =
        """
        SELECT cluster, count(*) FROM orleans_silo
        WHERE cluster <> @cluster AND status = 3 AND alive > clock_timestamp() - interval '1 minute'
        GROUP BY cluster ORDER BY cluster
        """;

    private readonly PostgresDialect _dialect = new(
        new DecisionLogOptions { Provider = PostgresDialect.Name, ConnectionString = cluster.ConnectionString },
        SiloClusterOptions.Section);

    /// <summary>What messages call it: host:port/database.</summary>
    public string Place => _dialect.Place;

    /// <summary>How it is connected to.</summary>
    public PostgresDialect Dialect => _dialect;

    /// <summary>Brings it up to this program's schema; silos that start at once take turns.</summary>
    /// <exception cref="DecisionLogException">The database cannot be used; the message says which, why and what to do.</exception>
    public void Migrate()
    {
        try
        {
            using var connection = _dialect.Open(DatabaseUse.Create);
            Schema.For(_dialect).Apply(connection, _dialect, clock);
        }
        catch (Exception failure)
        {
            throw _dialect.Explain(failure);
        }
    }

    /// <summary>How far this machine's clock is ahead of the database's, without the time that the query took.</summary>
    /// <exception cref="DbException">The database is away.</exception>
    public TimeSpan ReadClockLead()
    {
        using var connection = _dialect.Open(DatabaseUse.Read);
        using var command = connection.CreateCommand();
        command.CommandText = Clock;
        var before = clock.GetUtcNow();
        var there = DateTimeOffset.UnixEpoch.AddSeconds(Convert.ToDouble(command.ExecuteScalar(), CultureInfo.InvariantCulture));
        var after = clock.GetUtcNow();
        return there < before ? before - there : there > after ? after - there : TimeSpan.Zero;
    }

    /// <summary>Other clusters with members that say they are alive in this database, as "name (n silos)".</summary>
    /// <exception cref="DbException">The database is away.</exception>
    public IReadOnlyList<string> ReadOtherClusters()
    {
        using var connection = _dialect.Open(DatabaseUse.Read);
        using var command = connection.CreateCommand();
        command.CommandText = OtherClusters;
        command.AddParameter("cluster", cluster.ClusterId);
        using var rows = command.ExecuteReader();
        var others = new List<string>();
        while (rows.Read()) others.Add($"'{rows.GetString(0)}' ({rows.GetInt64(1)} silos)");
        return others;
    }
}
