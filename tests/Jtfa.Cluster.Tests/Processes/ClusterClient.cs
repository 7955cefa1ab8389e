using Jtfa.Client;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>A client of a running cluster, outside it.</summary>
internal sealed class ClusterClient : IAsyncDisposable
{
    private readonly IHost _host;

    private ClusterClient(IHost host) => _host = host;

    public ClusterJtfaClient Jtfa => new(Orleans);

    /// <summary>Orleans' own client.</summary>
    public IClusterClient Orleans => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>What it has heard of.</summary>
    public HeardDecisions Heard { get; } = new();

    /// <summary>Connects to any silo of a cluster that takes clients.</summary>
    public static async Task<ClusterClient> ConnectAsync(RunningCluster cluster)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var secret = cluster.Secret;
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("jtfa", "jtfa"));
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.ConnectionString));
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            client.AddMemoryStreams(JtfaNames.Streams);
            client.UseJtfaClientSecret(secret.ClientSecret);
        });
        var client = new ClusterClient(builder.Build());
        await client._host.StartAsync(TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>The grains that are active in the cluster, each with its silo's port; one that runs twice stands here twice.</summary>
    public async Task<IReadOnlyList<ActiveGrain>> ActiveGrainsAsync()
    {
        var active = await Orleans.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return [.. active.Select(grain => new ActiveGrain(
            grain.GrainId.Type.ToString()!, grain.GrainId.Key.ToString()!, grain.SiloAddress.Endpoint.Port))];
    }

    /// <summary>Begins to follow scenes.</summary>
    public void Follow(IEnumerable<string> scenes) => Heard.Follow(Jtfa, scenes);

    public async ValueTask DisposeAsync()
    {
        await Heard.DisposeAsync();
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }
}

/// <summary>An active grain.</summary>
/// <param name="Type">What it is: scene, cameraview, fusionwindow.</param>
/// <param name="Key">Its key.</param>
/// <param name="SiloPort">Its silo's port.</param>
internal sealed record ActiveGrain(string Type, string Key, int SiloPort);
