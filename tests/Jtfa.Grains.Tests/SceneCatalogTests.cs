using Jtfa.Interfaces;
using Microsoft.Extensions.Options;

namespace Jtfa.Grains.Tests;

public sealed class SceneCatalogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jtfa-catalog-").FullName;

    private string Head => Path.Combine(_folder, "head.npz");

    [Theory]
    [InlineData("""{ "d": 4, "classes": ["cat", "dog", "Ωmega", ""] }""", new[] { "cat", "dog", "Ωmega", "" })]
    [InlineData("""{ "classes": ["a", "b", "c", "d"] /* by hand */ }""", new[] { "a", "b", "c", "d" })]
    [InlineData("""{ "classes": ["cat", "dog", "owl"] }""", new string[0])] // of another head
    [InlineData("""{ "classes": ["cat", "dog", "owl", 4] }""", new string[0])]
    [InlineData("""{ "classes": ["cat", "dog", "owl", null] }""", new string[0])]
    [InlineData("""{ "classes": "cats" }""", new string[0])]
    [InlineData("""{ "classes": 4 }""", new string[0])]
    [InlineData("{}", new string[0])]
    [InlineData("[]", new string[0])]
    [InlineData("", new string[0])]
    [InlineData("{ not json", new string[0])]
    [InlineData(null, new string[0])]
    public void Names_of_classes_are_those_of_model_json_beside_the_head(string? description, string[] names)
    {
        File.Copy(SampleHead.File, Head);
        if (description is not null) File.WriteAllText(Path.Combine(_folder, "model.json"), description);

        var options = new ScenesOptions { Scenes = [new SceneOptions { Name = "yard", Head = Head }] };
        Assert.Equal(names, new SceneCatalog(Options.Create(options))["yard"].ClassNames);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_catalogue_grain_tells_scenes_in_the_order_of_configuration()
    {
        File.Copy(SampleHead.File, Head);
        await File.WriteAllTextAsync(Path.Combine(_folder, "model.json"), """{ "classes": ["a", "b", "c", "d"] }""", TestContext.Current.CancellationToken);
        string[] others = ["attic", "Zoo", "b", "a", "hall"];
        await using var silo = await TestSilo.StartAsync(
            others: [.. others.Select(name => new SceneOptions { Name = name, Head = name == "attic" ? Head : SampleHead.File })]);

        var scenes = await silo.Grains.GetGrain<ISceneCatalogGrain>(JtfaNames.Sole).GetScenesAsync(TestContext.Current.CancellationToken);

        Assert.Equal([TestSilo.SceneName, .. others], scenes.Select(scene => scene.Scene));
        Assert.All(scenes, scene => Assert.Equal((SampleHead.Dimension, SampleHead.Dimension), (scene.Dimension, scene.Classes)));
        Assert.Equal(["a", "b", "c", "d"], scenes[1].ClassNames);
        Assert.All(scenes.Where(scene => scene.Scene != "attic"), scene => Assert.Empty(scene.ClassNames));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
