// Tests here mostly wait for silos to start, to notice and to end; two at a time leave each enough of two cores.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace Jtfa.Cluster.Tests;

/// <summary>Tests that say how soon something is so, or use names or ports of the whole machine: they run one after another.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
