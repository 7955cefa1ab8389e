using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Cluster;

/// <summary>Brings the cluster's database up to date before this silo looks for others in it.</summary>
internal sealed class ClusterSchema(ClusterDatabase database) : IHostedService
{
    /// <inheritdoc />
    /// <exception cref="Decisions.DecisionLogException">The database cannot be used; the message says which, why and what to
    /// do.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => Task.Run(database.Migrate, cancellationToken);

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
