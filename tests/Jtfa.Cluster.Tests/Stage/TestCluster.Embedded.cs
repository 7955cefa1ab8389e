#if !ORLEANS
namespace Jtfa.Cluster.Tests.Stage;

// Not a cluster and never one: ClusterFact keeps tests from here.
internal sealed partial class TestCluster
{
    public partial IClusterClient Client => throw None();

    public partial IReadOnlyList<IClusterClient> Silos => throw None();

    public static partial Task<TestCluster> StartAsync(Grains.SceneOptions scene, int silos) => throw None();

    public partial Task<int> SiloOfAsync(IAddressable grain) => throw None();

    public partial ValueTask DisposeAsync() => throw None();

    private static NotSupportedException None() => new("The embedded engine has one silo.");
}
#endif
