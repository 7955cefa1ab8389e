using System.Globalization;
using System.Threading.Channels;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Streams;
using Orleans.TestingHost;

namespace Jtfa.Cluster.Tests.Stage;

/// <summary>Silos in the test's own process, which know each other, and a client outside them.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public const string SceneName = "yard";

    private readonly InProcessTestCluster _cluster;
    private int _logged;

    private TestCluster(SceneOptions scene, int silos)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorage(JtfaNames.Storage);
            silo.AddTestGrains(scene, Log, new CameraPipelinesFake(), TimeProvider.System, isAlone: false);
            silo.Services.Configure<StreamPullingAgentOptions>(
                JtfaNames.Streams, options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10));
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(JtfaNames.Streams));
        _cluster = builder.Build();
    }

    /// <summary>The one log of the scene, whichever silo it is on.</summary>
    public MemoryDecisionLog Log { get; } = new();

    /// <summary>The client outside.</summary>
    public IClusterClient Client => _cluster.Client;

    /// <summary>Each silo's own client.</summary>
    public IReadOnlyList<IClusterClient> Silos =>
        [.. _cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IClusterClient>())];

    public ISceneGrain Scene => Client.GetGrain<ISceneGrain>(SceneName);

    /// <summary>Starts a cluster whose silos all run the scene.</summary>
    public static async Task<TestCluster> StartAsync(SceneOptions scene, int silos = 2)
    {
        var cluster = new TestCluster(scene, silos);
        await cluster._cluster.DeployAsync();
        return cluster;
    }

    /// <summary>The silo that a grain is on, as its index in <see cref="Silos"/>.</summary>
    public async Task<int> SiloOfAsync(IAddressable grain)
    {
        var address = await Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return _cluster.Silos.TakeWhile(silo => !silo.SiloAddress.Equals(address)).Count();
    }

    /// <summary>The lane that has a decision's window, as a client refers to it.</summary>
    public static IFusionWindowGrain Lane(IClusterClient client, long decision) =>
        client.GetGrain<IFusionWindowGrain>(
            string.Create(CultureInfo.InvariantCulture, $"{SceneName}/{new ScenePolicy().LaneOf(decision)}"));

    /// <summary>The log's rows, once it has so many: a lane reports after it has taken its tokens.</summary>
    public async Task<Decision[]> LoggedAsync(int count, CancellationToken cancellationToken)
    {
        for (; _logged < count; _logged++) await Log.Attempts.ReadAsync(cancellationToken);
        return Log.Rows;
    }

    /// <summary>The scene's decisions, as a client has them published to it.</summary>
    public static async Task<ChannelReader<Decision>> FollowAsync(IClusterClient client)
    {
        var decisions = Channel.CreateUnbounded<Decision>();
        await Stream(client).SubscribeAsync((decision, _) => decisions.Writer.WriteAsync(decision).AsTask());
        return decisions.Reader;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private static IAsyncStream<Decision> Stream(IClusterClient client) =>
        client.GetStreamProvider(JtfaNames.Streams).GetStream<Decision>(JtfaNames.DecisionStream(SceneName));
}
