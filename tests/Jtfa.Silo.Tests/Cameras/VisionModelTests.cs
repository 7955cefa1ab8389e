using Jtfa.Core;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class VisionModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_projection_the_backbones_output_is_the_token()
    {
        Fixtures.WriteLinearModel(_folder);
        using var model = VisionModel.Load(_folder.Root);
        using var extractor = model.CreateExtractor();
        Assert.Equal(3, model.Dimension);
        // 0 … 15 in rows of four: mean 7.5, top-left 0, right half minus left half 4 rows of (2+3)−(0+1).
        Assert.Equal([7.5f, 0f, 16f], extractor.Extract(Counting()).ToArray());
    }

    [Fact]
    public void The_projection_is_components_times_centred_features()
    {
        Fixtures.WriteLinearModel(_folder, ([0.5f, 1, 2], [1, 2, 3, 0, 0, 0.5f]));
        using var model = VisionModel.Load(_folder.Root);
        using var extractor = model.CreateExtractor();
        Assert.Equal(2, model.Dimension);
        Assert.Equal([7 - 2 + 42, 7f], extractor.Extract(Counting()).ToArray());
    }

    [Fact]
    public void A_frame_of_another_size_is_scaled_first()
    {
        Fixtures.WriteLinearModel(_folder);
        using var model = VisionModel.Load(_folder.Root);
        using var extractor = model.CreateExtractor();
        // Each pixel four times over, in colour: the right size halves it again, and grey is grey.
        var pixels = new byte[8 * 8 * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)((i / 3 / 16 * 4) + (i / 3 % 8 / 2));
        var token = extractor.Extract(new Frame(new FrameShape(8, 8, 3), pixels)).ToArray();
        Assert.Equal([7.5f, 0f, 16f], token);
    }

    [Theory]
    [InlineData("NCHW")]
    [InlineData("NHWC")]
    public void Pixels_are_packed_in_the_layout_asked_for(string layout)
    {
        var input = new ModelInput
        {
            Name = "image",
            Width = 2,
            Height = 3,
            Channels = 3,
            Layout = layout,
            Scale = 0.5,
            Mean = [1, 2, 3],
            Std = [1, 2, 4],
        };
        using var backbone = Backbone.Load(Fixtures.PathOf("flatten.onnx"), input, "vector");
        using var run = backbone.CreateRun();
        var frame = Fixtures.RandomFrame(2, 3, 3, 1);
        new FramePacker(input).Pack(frame, run.Image);
        run.Run();

        float Value(int row, int column, int channel) =>
            (float)(((frame.Pixels[(((row * 2) + column) * 3) + channel] * 0.5) - input.Mean[channel]) / input.Std[channel]);
        var rows = Enumerable.Range(0, 3);
        var columns = Enumerable.Range(0, 2);
        var channels = Enumerable.Range(0, 3);
        var expected = layout == "NCHW"
            ? from c in channels from y in rows from x in columns select Value(y, x, c)
            : from y in rows from x in columns from c in channels select Value(y, x, c);
        Assert.Equal(18, backbone.Features);
        Assert.Equal(expected, run.Features);
    }

    [Fact]
    public void Comments_and_a_comma_too_many_do_no_harm()
    {
        Fixtures.WriteLinearModel(_folder);
        _folder.Write("model.json", Changed("\"std\": [1]", "\"std\": [1], // as trained\n"));
        using var model = VisionModel.Load(_folder.Root);
        Assert.Equal(3, model.Dimension);
    }

    [Fact]
    public void Fitting_repeats_grey_and_weighs_colours()
    {
        var grey = new FrameFitter(new FrameShape(1, 1, 1)).Fit(new Frame(new FrameShape(1, 1, 3), [200, 100, 50]));
        Assert.Equal([(byte)Math.Round((0.299 * 200) + (0.587 * 100) + (0.114 * 50))], grey.Pixels);
        Assert.Equal([7, 7, 7], new FrameFitter(new FrameShape(1, 1, 3)).Fit(new Frame(new FrameShape(1, 1, 1), [7])).Pixels);
        Assert.Equal([0, 25, 75, 100], new FrameFitter(new FrameShape(4, 1, 1)).Fit(new Frame(new FrameShape(2, 1, 1), [0, 100])).Pixels);
    }

    public static TheoryData<string, string, string[]> BadDescriptions => new()
    {
        { "no JSON", "{ name", ["model.json", "cannot be read"] },
        { "null", "null", ["model.json", "cannot be read"] },
        { "wrong type", Changed("4,", "\"four\","), ["model.json", "$.input.width"] },
        { "empty", "{}", ["backbone is missing", "output is missing", "input.name is missing", "input.width=0"] },
        { "width", Fixtures.ModelJson(width: 5000), ["input.width=5000: allowed is 1 … 4096"] },
        { "layout", Fixtures.ModelJson(layout: "CHWN"), ["input.layout=CHWN: allowed is NCHW or NHWC"] },
        { "input null", "{\"backbone\":\"b\",\"output\":\"o\",\"input\":null}", ["input is missing"] },
        { "channels", Changed("\"channels\": 1", "\"channels\": 2"), ["input.channels=2", "input.mean has 1 numbers"] },
        { "std", Changed("\"std\": [1]", "\"std\": [0]"), ["input.std has a number that is not above 0"] },
        { "scale", Changed("\"scale\": 1", "\"scale\": 0"), ["input.scale=0"] },
        { "channel order", Changed("\"scale\": 1", "\"channelOrder\": \"GBR\""), ["input.channelOrder=GBR: allowed is RGB or BGR"] },
        { "beyond", Changed("\"std\": [1]", "\"std\": [1e-300]"), ["beyond those of single precision"] },
        { "no number", Changed("\"mean\": [0]", "\"mean\": [1e999]"), ["beyond those of single precision"] },
        { "misspelt", Changed("\"scale\"", "\"scales\""),
            ["input.scales is no key of it: known are name, width, height, channels, layout, channelOrder, scale, mean, std"] },
        { "misspelt outside", Fixtures.ModelJson("\"output_name\": 1,"),
            ["output_name is no key of it: known are name, backbone, input, output, pca, head, classes"] },
        { "twice", Changed("\"scale\": 1", "\"scale\": 1, \"scale\": 2"), ["cannot be read", "scale"] },
        { "onnx input", Fixtures.ModelJson(input: "picture"), ["backbone.onnx", "has the input image", "'picture'"] },
        { "onnx output", Fixtures.ModelJson(output: "vector"), ["backbone.onnx", "has the outputs features", "'vector'"] },
        { "onnx size", Fixtures.ModelJson(width: 5), ["backbone.onnx", "takes Float (1, 1, 4, 4)", "(1, 1, 4, 5)"] },
        { "onnx layout", Fixtures.ModelJson(layout: "NHWC"), ["backbone.onnx", "(1, 4, 4, 1)"] },
        { "no pca file", Fixtures.ModelJson("\"pca\": \"none.npz\","), ["none.npz", "does not exist"] },
        { "no backbone", Changed("backbone.onnx", "none.onnx"), ["none.onnx", "does not exist"] },
    };

    [Theory]
    [MemberData(nameof(BadDescriptions), DisableDiscoveryEnumeration = true)]
    public async Task A_bad_description_is_told_by_field(string name, string json, string[] says)
    {
        Assert.NotEmpty(name);
        Fixtures.WriteLinearModel(_folder);
        _folder.Write("model.json", json);
        await Fixtures.FaultAsync(LoadAsync, says);
    }

    [Fact]
    public async Task Missing_and_corrupt_files_are_told()
    {
        await Fixtures.FaultAsync(LoadAsync, _folder["model.json"], "does not exist", "Model");

        Fixtures.WriteLinearModel(_folder, ([0, 0], [1, 2]));
        await Fixtures.FaultAsync(LoadAsync, _folder.Root, "3 features", "takes 2", "pca.npz");

        _folder.Write("pca.npz", "no zip file");
        await Fixtures.FaultAsync(LoadAsync, "pca.npz", "corrupt");

        Npz.Write(_folder["pca.npz"], new Dictionary<string, NpyArray> { ["mean"] = NpyArray.FromSingles([1, 2, 3], 3) });
        await Fixtures.FaultAsync(LoadAsync, "pca.npz", "lacks 'mean' or 'components'");

        Npz.Write(_folder["pca.npz"], new Dictionary<string, NpyArray>
        {
            ["mean"] = NpyArray.FromSingles([1, 2, 3], 3),
            ["components"] = NpyArray.FromSingles([1, 2, 3, 4], 2, 2),
        });
        await Fixtures.FaultAsync(LoadAsync, "pca.npz", "mean (3)", "components (2, 2)");

        Fixtures.WriteLinearModel(_folder);
        _folder.Write("backbone.onnx", "no model");
        await Fixtures.FaultAsync(LoadAsync, "backbone.onnx", "cannot be used", "export it again");
    }

    [Fact]
    public async Task A_model_is_loaded_once_and_goes_with_its_last_user()
    {
        Fixtures.WriteLinearModel(_folder);
        var models = new VisionModels();
        var leases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => models.Acquire(_folder.Root))));
        Assert.Single(leases.Select(lease => lease.Model).Distinct());
        Assert.Equal(1, models.Count);
        foreach (var lease in leases[1..]) lease.Dispose();
        leases[1].Dispose(); // giving back twice counts once
        Assert.Equal(1, models.Count);
        using (var extractor = leases[0].Model.CreateExtractor()) Assert.Equal(7.5f, extractor.Extract(Counting()).Span[0]);
        leases[0].Dispose();
        Assert.Equal(0, models.Count);
    }

    [Fact]
    public async Task A_model_that_failed_to_load_is_tried_again()
    {
        var models = new VisionModels();
        await Fixtures.FaultAsync(() => Task.FromResult(models.Acquire(_folder.Root)), "does not exist");
        Assert.Equal(0, models.Count);
        Fixtures.WriteLinearModel(_folder);
        using var lease = models.Acquire(_folder.Root);
        Assert.Equal(3, lease.Model.Dimension);
    }

    [Fact]
    public async Task Cameras_run_one_session_at_the_same_time()
    {
        Fixtures.WriteLinearModel(_folder);
        using var model = VisionModel.Load(_folder.Root);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(camera => Task.Run(() =>
        {
            using var extractor = model.CreateExtractor();
            for (var i = 0; i < 200; i++)
            {
                var frame = Fixtures.RandomFrame(4, 4, 1, (camera * 1000) + i);
                Assert.Equal((float)frame.Pixels[0], extractor.Extract(frame).Span[1]);
            }
        })));
    }

    private static string Changed(string from, string to) => Fixtures.ModelJson().Replace(from, to, StringComparison.Ordinal);

    private static Frame Counting() => new(new FrameShape(4, 4, 1), Fixtures.Counting(16));

    private Task LoadAsync()
    {
        VisionModel.Load(_folder.Root).Dispose();
        return Task.CompletedTask;
    }
}
