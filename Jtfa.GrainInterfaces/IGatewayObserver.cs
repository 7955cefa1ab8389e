namespace Jtfa.Interfaces;

/// <summary>A gateway, for scenes to tell of changes of their routing (<see cref="ISceneGrain.ReportTrafficAsync"/>).</summary>
[Alias("Jtfa.IGatewayObserver")]
public interface IGatewayObserver : IGrainObserver
{
    /// <summary>Takes a scene's routing.</summary>
    [Alias("Route")]
    Task RouteAsync(string scene, SceneRouting routing);
}
