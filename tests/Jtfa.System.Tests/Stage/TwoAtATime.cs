// Most tests here wait for programs to start, to do one thing and to end; two at a time leave each enough of two cores.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace Jtfa.System.Tests;

/// <summary>
/// Tests that measure, use what the whole machine has once, or build: they run one after another, when the others are through.
/// </summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
