using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Cluster;

/// <summary>Brings the cluster's database up to this program's schema before the silo starts; silos that start at once take turns.</summary>
internal sealed class ClusterSchema(SiloClusterOptions cluster, TimeProvider clock) : IHostedService
{
    /// <inheritdoc />
    /// <exception cref="DecisionLogException">The database cannot be used; the message says which, why and what to do.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(Apply, cancellationToken);

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Apply()
    {
        var dialect = SqlDialect.For(new DecisionLogOptions { Provider = PostgresDialect.Name, ConnectionString = cluster.ConnectionString });
        try
        {
            using var connection = dialect.Open(DatabaseUse.Create);
            Schema.Of(dialect).Apply(connection, dialect, clock);
        }
        catch (Exception failure)
        {
            throw dialect.Explain(failure);
        }
    }
}
