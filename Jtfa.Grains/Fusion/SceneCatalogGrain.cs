using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Tells clients of the cluster which scenes there are, by this silo's configuration, which all silos share.</summary>
public sealed class SceneCatalogGrain(SceneCatalog scenes) : Grain, ISceneCatalogGrain
{
    /// <inheritdoc />
    public Task<SceneDescription[]> GetScenesAsync(CancellationToken cancellationToken) => Task.FromResult(
        scenes.All.Select(scene => new SceneDescription(scene.Name, scene.Head.Dimension, scene.Head.Classes, [.. scene.ClassNames]))
            .ToArray());
}
