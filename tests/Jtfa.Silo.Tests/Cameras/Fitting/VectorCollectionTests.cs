using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Fitting;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Testing.Cameras;

namespace Jtfa.Silo.Tests.Cameras.Fitting;

/// <summary>The folder that <c>jtfa model collect</c> fills, and fits that it is good or not good for.</summary>
public sealed class VectorCollectionTests : IDisposable
{
    private const int Features = 12;

    private static readonly BackboneHints s_none = new();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_run_adds_a_file_and_changes_none()
    {
        var collection = Begin();
        var first = collection.Add("red", Run(0, 10));
        var bytes = File.ReadAllBytes(first);
        File.WriteAllText($"{_folder["c/captures/red/002.npz"]}.part", "what a run that was killed left");
        var second = collection.Add("red", Run(0, 20));
        collection.Add("blue", Run(1, 5));

        Assert.Equal((_folder["c/captures/red/001.npz"], _folder["c/captures/red/002.npz"]), (first, second));
        Assert.Equal(bytes, File.ReadAllBytes(first));
        var read = VectorCollection.Open(_folder["c"]).Read(Features);
        Assert.Equal(["blue", "red"], read.Select(one => one.Class));
        Assert.Equal([10, 20], read[1].Captures.Select(capture => capture.Count));
        Assert.Equal(Run(0, 20).Views[0].Vectors, read[1].Captures[1].Views[0].Vectors);
        Assert.Equal(Run(0, 20).Views[0].Ticks, read[1].Captures[1].Views[0].Ticks);
    }

    [Fact]
    public async Task Runs_side_by_side_keep_a_file_each()
    {
        var collection = Begin();
        var files = await Task.WhenAll(Enumerable.Range(0, 20).Select(view => Task.Run(() => Begun().Add("red", Run(0, 10, view)))));
        Assert.Equal(20, files.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 20), collection.Read(Features)[0].Captures.Select(capture => capture.Views[0].View).Order());

        VectorCollection Begun() => VectorCollection.Open(_folder["c"]);
    }

    [Fact]
    public async Task Numpy_reads_a_capture()
    {
        var path = Begin().Add("red", new Capture([new CapturedView(3, [[1, 2], [3, 4], [5, 6.5f]], [0, 1, 7])]));
        const string Script = """
            import sys, numpy as np
            f = np.load(sys.argv[1])
            print(f["view3"].tolist(), f["view3_ticks"].tolist())
            """;
        Assert.Equal("[[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]] [0.0, 1.0, 7.0]", await Numpy.RunAsync(Script, path));
    }

    [Fact]
    public async Task Another_backbone_or_another_way_to_feed_it_is_refused()
    {
        Begin();
        Assert.Equal(_folder["c"], VectorCollection.Open(_folder["c"], _folder["b.onnx"], s_none).Folder);
        _folder.Write("other.onnx", new OnnxModel { Operator = "Neg", InputSizes = [1, 1, 3, 4] }.Bytes());
        await FaultAsync(() => VectorCollection.Open(_folder["c"], _folder["other.onnx"], s_none), "made with another backbone");
        await FaultAsync(
            () => VectorCollection.Open(_folder["c"], _folder["b.onnx"], new(Scaling: PixelScaling.Bytes)), "made with another backbone");
        await FaultAsync(() => VectorCollection.Open(_folder["none"]), "no collection", "--backbone");
    }

    [Fact]
    public async Task A_backbone_that_cannot_run_begins_nothing()
    {
        _folder.Write("bad.onnx", "no model"u8.ToArray());
        await FaultAsync(() => VectorCollection.Open(_folder["c"], _folder["bad.onnx"], s_none), "bad.onnx", "cannot be used");
        Assert.False(Directory.Exists(_folder["c"]));
    }

    [Fact]
    public void Weights_beside_the_backbone_come_along()
    {
        _folder.Write("b.onnx.data", "weights");
        var collection = Begin();
        collection.Add("a", Run(0, 20));
        collection.Add("b", Run(1, 20));
        ModelFit.Of(collection, new FitOptions()).Write(_folder["m"], "default");
        Assert.Equal("weights", File.ReadAllText(_folder["m/b.onnx.data"]));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData(" a")]
    [InlineData("a\n")]
    public void A_class_that_is_no_name_of_a_folder_is_refused(string name) => Assert.NotNull(VectorCollection.FaultOfClass(name));

    [Fact]
    public async Task What_no_model_can_be_fitted_on_says_what_to_do()
    {
        var collection = Begin();
        await FaultAsync(() => Fit(collection), "no captures", "--class");
        collection.Add("red", Run(0, 20));
        await FaultAsync(() => Fit(collection), "captures of 'red' alone", "two classes");
        collection.Add("blue", Run(1, 3));
        await FaultAsync(() => Fit(collection), "3 samples of 'blue'", "collect more");
        collection.Add("blue", RandomVectors.Around(1, 20, new float[Features + 1], 1).AsCapture());
        await FaultAsync(() => Fit(collection), "blue/002.npz", $"{Features + 1} numbers", $"gives {Features}");
        _folder.Write("c/captures/blue/002.npz", "rubbish");
        await FaultAsync(() => Fit(collection), "blue/002.npz", "corrupt");
    }

    [Fact]
    public void Classes_far_apart_are_all_right_on_what_was_held_out_and_the_folder_is_a_model()
    {
        var collection = Begin();
        foreach (var (label, name) in new[] { "grün", "red", "zebra" }.Index())
        {
            collection.Add(name, new Capture([.. Run(label, 40).Views, .. Run(label, 40, view: 1).Views]));
            collection.Add(name, Run(label, 30, view: 0));
        }

        collection.Remember(new Dictionary<int, CollectedCamera>
        {
            [0] = new(FrameSourceKind.Ffmpeg, "rtsp://me:secret@a/1", "-rtsp_transport tcp", 5),
            [1] = new(FrameSourceKind.Ffmpeg, "/dev/video2", "", 5),
        });
        foreach (var kind in Enum.GetValues<ProjectionKind>())
        {
            var fit = ModelFit.Of(collection, new FitOptions(kind));
            Assert.Equal([0, 1], fit.Report.Views);
            Assert.All(fit.Report.ByView.Append(fit.Report.Fused), share => Assert.Equal(1, share));
            Assert.Equal(Features, fit.Report.Features);
            var silo = fit.Write(_folder["m"], "lobby"); // the second over the first
            Assert.Contains("secret", File.ReadAllText(silo!), StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(silo!));

            using var model = VisionModel.Load(_folder["m"]);
            Assert.Equal((fit.Report.Dimension, kind == ProjectionKind.Lda ? 2 : 12), (model.Dimension, model.Dimension));
            Assert.Equal(["grün", "red", "zebra"], ModelDescription.Load(_folder["m"]).Classes);
            var head = Core.FusionHead.Load(_folder["m/head.npz"]);
            Assert.Equal((3, model.Dimension), (head.Classes, head.Dimension));
        }
    }

    [Fact]
    public async Task A_folder_that_no_fit_wrote_is_left_alone()
    {
        var collection = Begin();
        collection.Add("a", Run(0, 20));
        collection.Add("b", Run(1, 20));
        _folder.Write("mine/thesis.txt", "years of work");
        await FaultAsync(() => ModelFit.Of(collection, new FitOptions()).Write(_folder["mine"], "default")!, "no fit wrote it");
        Assert.Equal(["thesis.txt"], Directory.GetFileSystemEntries(_folder["mine"]).Select(Path.GetFileName));
    }

    private static ModelFit Fit(VectorCollection collection) => ModelFit.Of(collection, new FitOptions());

    private static Task<string> FaultAsync(Func<object> act, params string[] says) =>
        Fixtures.FaultAsync(() => Task.FromResult(act()), says);

    private static Capture Run(int label, int count, int view = 0) => RandomVectors.Around(
        (ulong)((label * 100) + view), count, RandomVectors.Centre(label, Features), 0.3f).AsCapture(view);

    private VectorCollection Begin()
    {
        _folder.Write("b.onnx", new OnnxModel { InputSizes = [1, 1, 3, 4] }.Bytes());
        return VectorCollection.Open(_folder["c"], _folder["b.onnx"], s_none);
    }
}
