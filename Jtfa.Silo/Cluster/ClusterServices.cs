using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

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
        var log = builder.Configuration.GetSection(DecisionLogOptions.Section);
        if (cluster.Provider == ClusterProvider.Postgres) builder.Services.AddSingleton<ClusterDatabase>();
        if (builder.Configuration.NeedsServer(cluster)) builder.Services.AddDatabaseWatch(cluster);
        if (cluster.Serves) builder.Services.AddSingleton(KeptTextsOf);
        if (cluster.Provider != ClusterProvider.Postgres) return;
        builder.Services.AddHostedService<ClusterSchema>();
        if (log[nameof(DecisionLogOptions.Provider)] is null)
        {
            builder.Services.Configure<DecisionLogOptions>(options =>
                (options.Provider, options.ConnectionString) = (
                    PostgresDialect.Name, options.ConnectionString ?? cluster.ConnectionString));
        }
    }

    /// <summary>Whether the silo needs a database server, which may be away when it starts.</summary>
    public static bool NeedsServer(this IConfiguration configuration, SiloClusterOptions cluster) =>
        cluster.Provider == ClusterProvider.Postgres
        || configuration.GetSection(DecisionLogOptions.Section)[nameof(DecisionLogOptions.Provider)] == PostgresDialect.Name;

    private static void AddDatabaseWatch(this IServiceCollection services, SiloClusterOptions cluster)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DatabaseWatch>(provider, Databases(provider, cluster)));
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseWatch>());
    }

    // In the cluster's database, whose silos make each other's texts again, whatever database the log is in.
    private static KeptTexts KeptTextsOf(IServiceProvider services) => new(
        services.GetService<ClusterDatabase>()?.Dialect
            ?? SqlDialect.For(services.GetRequiredService<IOptions<DecisionLogOptions>>().Value),
        services.GetRequiredService<TimeProvider>());

    // The cluster's, and the log's where that is another one.
    private static List<PostgresDialect> Databases(IServiceProvider services, SiloClusterOptions cluster)
    {
        var databases = new List<PostgresDialect>();
        if (services.GetService<ClusterDatabase>() is { } database) databases.Add(database.Dialect);
        if (cluster.Serves && SqlDialect.For(services.GetRequiredService<IOptions<DecisionLogOptions>>().Value) is PostgresDialect log
            && databases.All(known => known.Place != log.Place))
            databases.Add(log);
        return databases;
    }
}
