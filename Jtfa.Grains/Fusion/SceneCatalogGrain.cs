using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Tells clients of the cluster which scenes there are: as this silo is configured, and so every other.</summary>
public sealed class SceneCatalogGrain(SceneCatalog scenes) : Grain, ISceneCatalogGrain
{
    /// <inheritdoc />
    public Task<SceneDescription[]> GetScenesAsync(CancellationToken cancellationToken) => Task.FromResult(
        scenes.All.Select(scene => new SceneDescription(scene.Name, scene.Head.Dimension, scene.Head.Classes, [.. scene.ClassNames]))
            .ToArray());
}
