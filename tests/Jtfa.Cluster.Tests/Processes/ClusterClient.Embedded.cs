#if !ORLEANS
namespace Jtfa.Cluster.Tests.Processes;

// There is no cluster to be a client of; the tests that want one are skipped.
internal sealed partial class ClusterClient
{
    public partial IClusterClient Orleans => throw new NotSupportedException();

    public static partial Task<ClusterClient> ConnectAsync(RunningCluster cluster) => throw new NotSupportedException();

    public partial Task<IReadOnlyList<ActiveGrain>> ActiveGrainsAsync() => throw new NotSupportedException();

    private partial Task DisconnectAsync() => throw new NotSupportedException();
}
#endif
