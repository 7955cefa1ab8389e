using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>
/// One scene. Key: its name. Owns the policy, the order of decisions and the running accuracy, and is the only writer of its
/// scene's decision log and stream.
/// </summary>
[Alias("Jtfa.ISceneGrain")]
public interface ISceneGrain : IGrainWithStringKey
{
    /// <summary>What a gateway must know to route the scene's tokens.</summary>
    [Alias("GetRouting")]
    [AlwaysInterleave]
    Task<SceneRouting> GetRoutingAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes the policy and remembers it. It holds for captures from a window edge a little ahead (<see cref="SceneRouting"/>);
    /// windows already open keep the policy that they opened with.
    /// </summary>
    /// <returns>The routing that now holds.</returns>
    /// <exception cref="ArgumentException">The policy is not valid.</exception>
    [Alias("SetPolicy")]
    Task<SceneRouting> SetPolicyAsync(ScenePolicy policy, CancellationToken cancellationToken = default);

    /// <summary>Takes a fired window's result: counts, logs and publishes it. A decision reported twice is counted once.</summary>
    [Alias("Report")]
    [AlwaysInterleave]
    Task ReportAsync(Decision decision);

    /// <summary>Takes what a window saw besides its decision, when it goes.</summary>
    [Alias("Close")]
    [AlwaysInterleave]
    Task CloseAsync(WindowTally tally);

    /// <summary>Counters and percentiles since the scene was activated.</summary>
    [Alias("GetStatistics")]
    [AlwaysInterleave]
    Task<SceneStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default);

    /// <summary>The last decisions, oldest first; at most <paramref name="count"/>, and no more than the scene keeps (1,000).</summary>
    [Alias("GetRecent")]
    [AlwaysInterleave]
    Task<Decision[]> GetRecentAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>How the scene is doing at this moment.</summary>
    /// <exception cref="ArgumentException">A number of <paramref name="span"/> is below 0.</exception>
    [Alias("GetSnapshot")]
    [AlwaysInterleave]
    Task<SceneSnapshot> GetSnapshotAsync(SnapshotSpan span, CancellationToken cancellationToken = default);

    /// <summary>Takes what a gateway has received of the scene's views so far; it tells again and again.</summary>
    /// <param name="gateway">The gateway: its name differs from every other's, and from its own before a restart.</param>
    /// <param name="views">The views that sent anything since it told last.</param>
    [Alias("ReportTraffic")]
    [AlwaysInterleave]
    Task ReportTrafficAsync(string gateway, ViewTraffic[] views);

    /// <summary>Takes the name of the camera of a view; the camera tells again and again.</summary>
    [Alias("Announce")]
    [AlwaysInterleave]
    Task AnnounceAsync(int view, string camera);
}

/// <summary>What a window saw besides its decision.</summary>
/// <param name="Late">Tokens after it fired.</param>
/// <param name="Duplicates">Second tokens of a view before it fired; each replaced the first.</param>
/// <param name="Surplus">Tokens of more than N distinct views; not fused.</param>
/// <param name="Decision">Its decision id.</param>
/// <param name="LateViews">Views of which a token came after it had fired and none was fused, each once, in order of arrival.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.WindowTally")]
public sealed record WindowTally(
    [property: Id(0)] int Late,
    [property: Id(1)] int Duplicates,
    [property: Id(2)] int Surplus,
    [property: Id(3)] long Decision,
    [property: Id(4)] int[] LateViews);
