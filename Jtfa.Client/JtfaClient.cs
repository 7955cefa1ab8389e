using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Jtfa.Interfaces;
using Orleans.Streams;

namespace Jtfa.Client;

/// <summary>What an application asks of a running JTFA: scenes' decisions and statistics, their policies, and cameras.</summary>
/// <param name="cluster">The cluster that it runs in, or a connected client of it.</param>
public sealed class JtfaClient(IClusterClient cluster)
{
    /// <summary>Decisions that a slow reader of <see cref="FollowAsync"/> may fall behind before it loses the oldest.</summary>
    public const int FollowBuffer = 4_096;

    /// <summary>Counters and percentiles of a scene.</summary>
    /// <exception cref="ArgumentException">There is no such scene.</exception>
    public Task<SceneStatistics> GetStatisticsAsync(string scene, CancellationToken cancellationToken = default) =>
        Scene(scene).GetStatisticsAsync(cancellationToken);

    /// <summary>The last decisions of a scene, oldest first; at most 1,000.</summary>
    /// <exception cref="ArgumentException">There is no such scene.</exception>
    public Task<Decision[]> GetRecentAsync(string scene, int count, CancellationToken cancellationToken = default) =>
        Scene(scene).GetRecentAsync(count, cancellationToken);

    /// <summary>The policy that a scene's captures fall under, now and next.</summary>
    /// <exception cref="ArgumentException">There is no such scene.</exception>
    public Task<SceneRouting> GetRoutingAsync(string scene, CancellationToken cancellationToken = default) =>
        Scene(scene).GetRoutingAsync(cancellationToken);

    /// <summary>Changes a scene's policy while it runs; no window is lost.</summary>
    /// <exception cref="ArgumentException">There is no such scene, or the policy is not valid.</exception>
    public Task<SceneRouting> SetPolicyAsync(string scene, ScenePolicy policy, CancellationToken cancellationToken = default) =>
        Scene(scene).SetPolicyAsync(policy, cancellationToken);

    /// <summary>Starts a camera view, on the silo that owns it.</summary>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public Task StartCameraAsync(CameraConfig config, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Camera(config.Scene, config.Camera).StartAsync(config, cancellationToken);
    }

    /// <summary>Stops a camera view.</summary>
    public Task StopCameraAsync(string scene, string camera, CancellationToken cancellationToken = default) =>
        Camera(scene, camera).StopAsync(cancellationToken);

    /// <summary>How a camera view is doing.</summary>
    public Task<CameraStatus> GetCameraAsync(string scene, string camera, CancellationToken cancellationToken = default) =>
        Camera(scene, camera).GetStatusAsync(cancellationToken);

    /// <summary>
    /// A scene's decisions from now on, in order and each once, as they are published. Nobody waits for this reader: one that falls behind by more
    /// than <see cref="FollowBuffer"/> decisions misses the oldest.
    /// </summary>
    public async IAsyncEnumerable<Decision> FollowAsync(string scene, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var buffer = Channel.CreateBounded<Decision>(new BoundedChannelOptions(FollowBuffer) { FullMode = BoundedChannelFullMode.DropOldest });
        var stream = cluster.GetStreamProvider(JtfaNames.Streams).GetStream<Decision>(JtfaNames.DecisionStream(scene));
        // Never waits and never fails, also while this reader goes away: a full buffer drops its oldest.
        var subscription = await stream.SubscribeAsync((decision, _) =>
        {
            buffer.Writer.TryWrite(decision);
            return Task.CompletedTask;
        });
        try
        {
            // A stream delivers again what it cannot know to have arrived, as when a silo stops.
            var recent = new RecentIds(FollowBuffer);
            await foreach (var decision in buffer.Reader.ReadAllAsync(cancellationToken))
                if (recent.Add(decision.Id)) yield return decision;
        }
        finally
        {
            await subscription.UnsubscribeAsync();
        }
    }

    private ISceneGrain Scene(string scene) => cluster.GetGrain<ISceneGrain>(scene);

    private ICameraViewGrain Camera(string scene, string camera) => cluster.GetGrain<ICameraViewGrain>($"{scene}/{camera}");
}

/// <summary>The ids seen last.</summary>
internal sealed class RecentIds(int limit)
{
    private readonly HashSet<long> _ids = [];
    private readonly Queue<long> _order = new();

    /// <summary>Takes an id.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(long id)
    {
        if (!_ids.Add(id)) return false;
        _order.Enqueue(id);
        if (_order.Count > limit) _ids.Remove(_order.Dequeue());
        return true;
    }
}
