using Jtfa.Silo.Decisions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Cluster;

/// <summary>The database of a cluster: one for membership, grain state, reminders and, unless configured otherwise, the decision log.</summary>
internal static class ClusterDatabase
{
    /// <summary>Has the database ready before this silo looks for others in it.</summary>
    public static void AddClusterDatabase(this IHostApplicationBuilder builder, SiloClusterOptions cluster)
    {
        if (cluster.Provider != ClusterProvider.Postgres) return;
        var log = builder.Configuration.GetSection(DecisionLogOptions.Section);
        if (log[nameof(DecisionLogOptions.Provider)] is null)
        {
            builder.Services.Configure<DecisionLogOptions>(options =>
                (options.Provider, options.ConnectionString) = (PostgresDialect.Name, options.ConnectionString ?? cluster.ConnectionString));
        }

        builder.Services.AddHostedService<ClusterSchema>();
    }
}
