namespace Jtfa.Interfaces;

/// <summary>Follows a scene's decisions from within the cluster, as they are published (<see cref="ISceneGrain.FollowAsync"/>).</summary>
[Alias("Jtfa.IDecisionFollower")]
public interface IDecisionFollower : IGrainObserver
{
    /// <summary>
    /// Takes decisions. The scene hands over the next ones when this completes. It drops a follower that falls too far behind; the
    /// follower then reads from the log what it missed.
    /// </summary>
    [Alias("Take")]
    Task TakeAsync(DecisionBatch batch);
}
