#if ORLEANS
using Jtfa.Grains;
using Jtfa.Grains.Tests;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Jtfa.Cluster.Tests.Stage;

internal sealed partial class TestCluster
{
    private readonly InProcessTestCluster _cluster;

    private TestCluster(SceneOptions scene, int silos)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorage(JtfaNames.Storage);
            silo.AddTestGrains(scene, Log, new CameraPipelinesFake(), TimeProvider.System);
            silo.Services.Configure<StreamPullingAgentOptions>(
                JtfaNames.Streams, options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10));
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(JtfaNames.Streams));
        _cluster = builder.Build();
    }

    public partial IClusterClient Client => _cluster.Client;

    public partial IReadOnlyList<IClusterClient> Silos =>
        [.. _cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IClusterClient>())];

    public static async partial Task<TestCluster> StartAsync(SceneOptions scene, int silos)
    {
        var cluster = new TestCluster(scene, silos);
        await cluster._cluster.DeployAsync();
        return cluster;
    }

    public async partial Task<int> SiloOfAsync(IAddressable grain)
    {
        var address = await Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return _cluster.Silos.TakeWhile(silo => !silo.SiloAddress.Equals(address)).Count();
    }

    public partial ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
#endif
