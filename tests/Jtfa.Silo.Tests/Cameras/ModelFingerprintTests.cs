using System.Text;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Scenes;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>What a model's tokens say of it.</summary>
public sealed class ModelFingerprintTests : IDisposable
{
    private const string Input = "\"input\": { \"width\": 4, \"height\": 4, \"channels\": 1, \"scale\": 1, \"mean\": [0], \"std\": [1] }";
    private const string Model = "{ \"name\": \"shop\", \"backbone\": \"b.onnx\", \"pca\": \"p.npz\", \"output\": \"f\", " + Input + " }";

    private readonly TemporaryFolder _folder = new();

    public ModelFingerprintTests()
    {
        _folder.Write("b.onnx", "backbone");
        _folder.Write("p.npz", "projection");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_the_models_name_and_twelve_digits() => Assert.Matches("^shop@[0-9a-f]{12}$", Of(Model));

    [Fact]
    public void What_makes_no_other_tokens_makes_no_other_digits()
    {
        var digest = Digest(Model);
        Assert.Equal(digest, Digest(Model.Replace("\"shop\"", "\"hall\"")));
        Assert.Equal(digest, Digest(Model.Replace("\"name\": \"shop\",", "")));
        Assert.Equal(digest, Digest(Model.Replace("\"output\"", "\"head\": \"h.npz\", \"classes\": [\"a\"], \"output\"")));
        Assert.Equal(digest, Digest("// how it is fed\n" + Model.Replace(" ", "\n").Replace("\"scale\":\n1", "\"Scale\": 1.0")));
    }

    [Theory]
    [InlineData("\"scale\": 1", "\"scale\": 0.5")]
    [InlineData("\"mean\": [0]", "\"mean\": [0.1]")]
    [InlineData("\"channels\": 1", "\"channels\": 1, \"channelOrder\": \"BGR\"")]
    [InlineData("\"output\": \"f\"", "\"output\": \"g\"")]
    [InlineData("\"pca\": \"p.npz\", ", "")]
    public void What_makes_other_tokens_makes_other_digits(string from, string to) =>
        Assert.NotEqual(Digest(Model), Digest(Model.Replace(from, to)));

    [Theory]
    [InlineData("b.onnx")]
    [InlineData("p.npz")]
    public void So_do_other_files_and_without_them_there_is_none(string file)
    {
        var digest = Digest(Model);
        _folder.Write(file, "another");
        Assert.NotEqual(digest, Digest(Model));
        File.Delete(_folder[file]);
        Assert.Null(Of(Model));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{ \"backbone\": 1 }")]
    [InlineData("{ \"backbone\": \"b.onnx\", \"input\"")]
    public void What_is_no_model_has_none(string description) => Assert.Null(Of(description));

    [Fact]
    public void A_long_name_is_cut_where_a_letter_ends()
    {
        var fingerprint = Of(Model.Replace("shop", new string('é', 40)))!;
        Assert.InRange(Encoding.UTF8.GetByteCount(fingerprint), 20, TokenPacket.MaxModelBytes);
        Assert.Matches("^é+@[0-9a-f]{12}$", fingerprint);
    }

    [Theory]
    [InlineData("head.npz", true)]
    [InlineData("./head.npz", true)]
    [InlineData("another.npz", false)]
    public void A_scene_knows_the_model_beside_its_head_that_names_it(string named, bool knows)
    {
        Fixtures.WriteLinearModel(_folder);
        _folder.Write("model.json", Fixtures.ModelJson().Replace("head.npz", named));
        Npz.Write(_folder["head.npz"], new Dictionary<string, NpyArray>
        {
            ["W"] = NpyArray.FromSingles(new float[4], 2, 2),
            ["b"] = NpyArray.FromSingles(new float[2], 2),
        });
        var scenes = new ScenesOptions { Scenes = [new SceneOptions { Name = "yard", Head = _folder["head.npz"] }] };
        var scene = SceneHeads.Load(scenes)["yard"];
        using var model = VisionModel.Load(_folder.Root);
        Assert.Equal(knows ? model.Fingerprint : "", scene.Model);
        Assert.NotEmpty(model.Fingerprint!);
    }

    private string? Of(string description)
    {
        _folder.Write("model.json", description);
        return ModelFingerprint.Of(_folder.Root);
    }

    private string Digest(string description) =>
        Encoding.UTF8.GetString(ModelFingerprint.Digest(Encoding.UTF8.GetBytes(Assert.IsType<string>(Of(description)))));
}
