using Jtfa.Silo.Decisions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Cluster;

/// <summary>What a silo of a cluster needs before it looks for the others.</summary>
internal static class ClusterServices
{
    /// <summary>
    /// Adds the cluster's database: one for membership, grain state and, unless configured otherwise, the decision log. A silo that is
    /// alone has none.
    /// </summary>
    public static void AddClusterDatabase(this IHostApplicationBuilder builder, SiloClusterOptions cluster)
    {
        if (cluster.Provider != ClusterProvider.Postgres) return;
        builder.Services.AddSingleton<ClusterDatabase>();
        builder.Services.AddHostedService<ClusterSchema>();
        var log = builder.Configuration.GetSection(DecisionLogOptions.Section);
        if (log[nameof(DecisionLogOptions.Provider)] is null)
        {
            builder.Services.Configure<DecisionLogOptions>(options =>
                (options.Provider, options.ConnectionString) = (
                    PostgresDialect.Name, options.ConnectionString ?? cluster.ConnectionString));
        }
    }
}
