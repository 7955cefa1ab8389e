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
            client.AddMemoryStreams(JtfaNames.Streams);
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

    private async partial Task DisconnectAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}
#endif
