using System.Globalization;
using System.Threading.Channels;
using Jtfa.Grains;
using Jtfa.Grains.Tests;
using Jtfa.Interfaces;
using Orleans.Streams;

namespace Jtfa.Cluster.Tests.Stage;

/// <summary>
/// Silos in the test's own process, which know each other, and a client outside them. Tests say what they want in terms that both
/// engines have, so that they compile on either; how a cluster comes about is Orleans' alone.
/// </summary>
internal sealed partial class TestCluster : IAsyncDisposable
{
    public const string SceneName = "yard";

    /// <summary>The one log of the scene, whichever silo it is on.</summary>
    public MemoryDecisionLog Log { get; } = new();

    /// <summary>The client outside.</summary>
    public partial IClusterClient Client { get; }

    /// <summary>Each silo's own client.</summary>
    public partial IReadOnlyList<IClusterClient> Silos { get; }

    public ISceneGrain Scene => Client.GetGrain<ISceneGrain>(SceneName);

    /// <summary>Starts a cluster whose silos all run the scene.</summary>
    public static partial Task<TestCluster> StartAsync(SceneOptions scene, int silos = 2);

    /// <summary>The silo that a grain is on, as its index in <see cref="Silos"/>.</summary>
    public partial Task<int> SiloOfAsync(IAddressable grain);

    public partial ValueTask DisposeAsync();

    /// <summary>A window of the scene, as a client refers to it.</summary>
    public static IFusionWindowGrain Window(IClusterClient client, long decision) =>
        client.GetGrain<IFusionWindowGrain>(string.Create(CultureInfo.InvariantCulture, $"{SceneName}/{decision}"));

    /// <summary>The scene's decisions, as a client has them published to it.</summary>
    public static async Task<ChannelReader<Decision>> FollowAsync(IClusterClient client)
    {
        var decisions = Channel.CreateUnbounded<Decision>();
        await Stream(client).SubscribeAsync((decision, _) => decisions.Writer.WriteAsync(decision).AsTask());
        return decisions.Reader;
    }

    /// <summary>Publishes to those who follow the scene, behind all that it has published.</summary>
    public Task PublishAsync(Decision decision) => Stream(Client).OnNextAsync(decision);

    private static IAsyncStream<Decision> Stream(IClusterClient client) =>
        client.GetStreamProvider(JtfaNames.Streams).GetStream<Decision>(JtfaNames.DecisionStream(SceneName));
}
