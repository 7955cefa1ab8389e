using Jtfa.Grains;
using Jtfa.Silo.Scenes;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests;

public sealed class SceneHeadsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jtfa-catalog-").FullName;

    private string Head => Path.Combine(_folder, "head.npz");

    [Theory]
    [InlineData(
        """{ "d": 16, "classes": ["0", "1", "2", "3", "4", "5", "6", "7", "Ωmega", ""] }""",
        new[] { "0", "1", "2", "3", "4", "5", "6", "7", "Ωmega", "" })]
    [InlineData(
        "\uFEFF" + """{ "classes": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j",] /* by hand */ }""",
        new[] { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" })]
    [InlineData(
        """{ "head": "head.npz", "classes": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] }""",
        new[] { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" })]
    [InlineData(
        """{ "head": "other.npz", "classes": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] }""", new string[0])] // of another head
    [InlineData("""{ "head": 4, "classes": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] }""", new string[0])]
    [InlineData("""{ "classes": ["cat", "dog", "owl"] }""", new string[0])] // of another head
    [InlineData("""{ "classes": ["cat", "dog", "owl", "a", "b", "c", "d", "e", "f", 4] }""", new string[0])]
    [InlineData("""{ "classes": ["cat", "dog", "owl", "a", "b", "c", "d", "e", "f", null] }""", new string[0])]
    [InlineData("""{ "classes": "cats" }""", new string[0])]
    [InlineData("""{ "classes": 4 }""", new string[0])]
    [InlineData("{}", new string[0])]
    [InlineData("[]", new string[0])]
    [InlineData("", new string[0])]
    [InlineData("{ not json", new string[0])]
    [InlineData(null, new string[0])]
    public void Names_of_classes_are_those_of_model_json_beside_the_head(string? description, string[] names)
    {
        AxisHead.Write(_folder);
        if (description is not null) File.WriteAllText(Path.Combine(_folder, "model.json"), description);

        var options = new ScenesOptions { Scenes = [new SceneOptions { Name = "yard", Head = Head }] };
        Assert.Equal(names, SceneHeads.Load(options)["yard"].ClassNames);
    }

    [Fact]
    public void A_head_that_is_no_file_is_told_with_where_it_is_configured()
    {
        var options = new ScenesOptions { Scenes = [new SceneOptions { Name = "yard" }, new SceneOptions { Name = "attic", Head = Head }] };
        Assert.Equal([$"Jtfa:Scenes:1:Head={Head}: there is no such file"], SceneHeads.Faults(options));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
