namespace Jtfa.Interfaces;

/// <summary>Follows a scene's decisions from within the cluster, as they are published (<see cref="ISceneGrain.FollowAsync"/>).</summary>
[Alias("Jtfa.IDecisionFollower")]
public interface IDecisionFollower : IGrainObserver
{
    /// <summary>
    /// Takes decisions. The scene hands over the next ones when this completes; one that falls too far behind is dropped by the scene,
    /// and finds what it missed in the log.
    /// </summary>
    [Alias("Take")]
    Task TakeAsync(DecisionBatch batch);
}
