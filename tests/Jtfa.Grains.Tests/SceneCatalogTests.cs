using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

public sealed class SceneCatalogTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_catalogue_grain_tells_scenes_in_the_order_of_configuration()
    {
        string[] others = ["attic", "Zoo", "b", "a", "hall"];
        await using var silo = await TestSilo.StartAsync(others: [.. others.Select(name => new SceneOptions { Name = name })]);

        var scenes = await silo.Grains.GetGrain<ISceneCatalogGrain>(JtfaNames.Sole).GetScenesAsync(TestContext.Current.CancellationToken);

        Assert.Equal([TestSilo.SceneName, .. others], scenes.Select(scene => scene.Scene));
        Assert.All(scenes, scene => Assert.Equal((SampleHead.Dimension, SampleHead.Dimension), (scene.Dimension, scene.Classes)));
        Assert.All(scenes, scene => Assert.Equal(SampleHead.ClassNames, scene.ClassNames));
    }
}
