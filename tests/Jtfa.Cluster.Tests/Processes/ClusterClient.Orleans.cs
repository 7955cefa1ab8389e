#if ORLEANS
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Jtfa.Cluster.Tests.Processes;

internal sealed partial class ClusterClient
{
    private readonly IHost _host;

    private ClusterClient(IHost host) => _host = host;

    public partial IClusterClient Orleans => _host.Services.GetRequiredService<IClusterClient>();

    public static async partial Task<ClusterClient> ConnectAsync(RunningCluster cluster)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("jtfa", "jtfa"));
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.ConnectionString));
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            AddStreams(client, cluster);
        });
        var client = new ClusterClient(builder.Build());
        await client._host.StartAsync(TestContext.Current.CancellationToken);
        return client;
    }

    public async partial Task<IReadOnlyList<ActiveGrain>> ActiveGrainsAsync()
    {
        var active = await Orleans.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return [.. active.Select(grain => new ActiveGrain(grain.GrainId.Type.ToString()!, grain.GrainId.Key.ToString()!, grain.SiloAddress.Endpoint.Port))];
    }

    private static void AddStreams(IClientBuilder client, RunningCluster cluster)
    {
#if ORLEANS_STREAMING_ADONET
        if (cluster.Plan.StreamsInDatabase)
        {
            client.AddAdoNetStreams(JtfaNames.Streams, streams => (streams.Invariant, streams.ConnectionString) = ("Npgsql", cluster.ConnectionString));
            return;
        }
#endif
        client.AddMemoryStreams(JtfaNames.Streams);
    }

    private async partial Task DisconnectAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
#endif
