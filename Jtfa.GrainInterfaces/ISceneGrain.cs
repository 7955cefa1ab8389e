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
    [ForClients]
    [AlwaysInterleave]
    Task<SceneRouting> GetRoutingAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes the policy and remembers it. It holds for captures from a window edge a little ahead (<see cref="SceneRouting"/>);
    /// windows already open keep the policy that they opened with.
    /// </summary>
    /// <returns>The routing that now holds.</returns>
    /// <exception cref="ArgumentException">The policy is not valid.</exception>
    [Alias("SetPolicy")]
    [ForClients]
    Task<SceneRouting> SetPolicyAsync(ScenePolicy policy, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes what a lane has to tell: counts, logs and publishes its decisions, in order. A decision reported twice is counted once.
    /// </summary>
    /// <returns>Ids of the decisions that the log did not take, to be reported again; empty when it took all.</returns>
    [Alias("Report")]
    [AlwaysInterleave]
    Task<long[]> ReportAsync(LaneReport report);

    /// <summary>
    /// Hands the scene's decisions to a follower from now on, as they are published. This ends 30 s after the last call for the follower,
    /// so followers call again and again.
    /// </summary>
    /// <returns>
    /// How far the follower has taken what was published; for a follower that the scene did not know, what was published last. A follower
    /// that does not have the decision of this mark has missed something.
    /// </returns>
    [Alias("Follow")]
    [AlwaysInterleave]
    Task<PublishedMark> FollowAsync(IDecisionFollower follower);

    /// <summary>Hands no more decisions to a follower.</summary>
    [Alias("Unfollow")]
    [AlwaysInterleave]
    Task UnfollowAsync(IDecisionFollower follower);

    /// <summary>Counters and percentiles since the scene was activated.</summary>
    [Alias("GetStatistics")]
    [ForClients]
    [AlwaysInterleave]
    Task<SceneStatistics> GetStatisticsAsync(CancellationToken cancellationToken = default);

    /// <summary>The last decisions, oldest first; at most <paramref name="count"/>, and no more than the scene keeps (1,000).</summary>
    [Alias("GetRecent")]
    [ForClients]
    [AlwaysInterleave]
    Task<Decision[]> GetRecentAsync(int count, CancellationToken cancellationToken = default);

    /// <summary>How the scene is doing at this moment.</summary>
    /// <exception cref="ArgumentException">A number of <paramref name="span"/> is below 0.</exception>
    [Alias("GetSnapshot")]
    [ForClients]
    [AlwaysInterleave]
    Task<SceneSnapshot> GetSnapshotAsync(SnapshotSpan span, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes what a gateway has received of the scene's views so far, and tells it of every change of routing from now on. This ends 30 s
    /// after its last call, so gateways call again and again.
    /// </summary>
    /// <param name="gateway">The gateway: its name differs from every other's, and from its own before a restart.</param>
    /// <param name="changes">Takes the changes; null where the gateway wants none.</param>
    /// <param name="views">The views that sent anything since it called last.</param>
    /// <returns>The routing that now holds.</returns>
    [Alias("ReportTraffic")]
    [AlwaysInterleave]
    Task<SceneRouting> ReportTrafficAsync(string gateway, IGatewayObserver? changes, ViewTraffic[] views);

    /// <summary>
    /// Begins a clock epoch, unless the scene is in it or in a later one already: a gateway's clock was set back, so that decision ids come
    /// again. Also tells the scene of a clock that was set forward, which begins no epoch.
    /// </summary>
    /// <param name="epoch">The gateway's clock epoch.</param>
    /// <param name="step">How its clock was set; null where the gateway only tells an epoch that the scene does not know.</param>
    /// <returns>The routing that now holds.</returns>
    [Alias("TakeClock")]
    Task<SceneRouting> TakeClockAsync(int epoch, ClockStep? step);

    /// <summary>
    /// Takes the name of a view's camera, and how it is. The camera repeats them, because a scene that moves forgets them.
    /// </summary>
    /// <param name="view">View number.</param>
    /// <param name="camera">The camera's name.</param>
    /// <param name="fault">What keeps it from giving tokens now, one line; null when nothing does.</param>
    /// <param name="switchedOff">Whether somebody has switched it off.</param>
    /// <param name="givesPictures">Whether it gives pictures of what it sees.</param>
    [Alias("Announce")]
    [AlwaysInterleave]
    Task AnnounceAsync(int view, string camera, string? fault = null, bool switchedOff = false, bool givesPictures = false);
}
