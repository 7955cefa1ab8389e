using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>The model in models/, as cameras use it, against what its training wrote down about it.</summary>
public sealed class ShippedModelTests : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);
    private static readonly FrameShape s_shape = new(28, 28, 1);
    private readonly string _folder;
    private readonly List<CameraView> _views;
    private readonly VisionModel _model;
    private readonly TokenExtractor _extractor;
    private readonly FusionHead _head;

    public ShippedModelTests()
    {
        _folder = Path.Combine(Repository.Folder, "models");
        if (!File.Exists(Path.Combine(_folder, "reference.json")))
            Assert.Skip("models/ holds no trained model (models/training/train.py makes it)");
        _views = Read<List<CameraView>>("views.json");
        _model = VisionModel.Load(_folder);
        _extractor = _model.CreateExtractor();
        _head = FusionHead.Load(Path.Combine(_folder, "head.npz"));
    }

    public void Dispose()
    {
        _extractor.Dispose();
        _model.Dispose();
    }

    [Fact]
    public async Task Frames_tokens_and_decisions_are_those_of_the_reference()
    {
        var sample = await SampleAsync();
        foreach (var image in Read<Reference>("reference.json").Images)
        {
            var tokens = new List<float>();
            foreach (var (view, expected) in _views.Zip(image.Views))
            {
                var seen = new ViewTransformer(view.Transform with { Noise = 0 }, view.View).Apply(ImageOf(sample.Images, image.Image), 0);
                Assert.All(seen.Pixels.Zip(expected.Frame), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
                Assert.InRange(seen.Pixels.Zip(expected.Frame).Count(pair => pair.First != pair.Second), 0, 4);

                var token = _extractor.Extract(new Frame(s_shape, expected.Frame)).ToArray();
                Assert.All(token.Zip(expected.Token), pair => Assert.InRange(pair.First - pair.Second, -0.002f, 0.002f));
                tokens.AddRange(token);
            }
            Assert.Equal(image.Pred, Decide([.. tokens]));
            Assert.Equal(image.Label, sample.Labels[image.Image]);
        }
    }

    [Fact]
    public async Task Cameras_reach_the_accuracy_that_training_measured()
    {
        var sample = await SampleAsync();
        var transformers = _views.ConvertAll(view => new ViewTransformer(view.Transform, view.View));
        var hits = 0;
        for (var i = 0; i < sample.Labels.Length; i++)
        {
            var tokens = new List<float>();
            foreach (var transformer in transformers)
                tokens.AddRange(OverTheWire(_extractor.Extract(transformer.Apply(ImageOf(sample.Images, i), i)), i));
            if (Decide([.. tokens]) == sample.Labels[i]) hits++;
        }
        var expected = Read<JsonElement>("metrics.json").GetProperty("sample").GetProperty("tokens").GetProperty("hmix")
            .GetProperty("mean_by_k").GetProperty(_views.Count.ToString(CultureInfo.InvariantCulture)).GetDouble();
        // Other noise, 2,000 images: the standard error of the difference is below 0.01.
        Assert.InRange((double)hits / sample.Labels.Length, expected - 0.025, expected + 0.025);
    }

    [Fact]
    public async Task Every_sample_token_is_well_below_the_heads_limit()
    {
        var sample = await SampleAsync();
        var q = new sbyte[_head.Dimension];
        var norms = new List<double>();
        foreach (var view in _views)
        {
            var transformer = new ViewTransformer(view.Transform, view.View);
            for (var i = 0; i < sample.Labels.Length; i++)
            {
                var token = _extractor.Extract(transformer.Apply(ImageOf(sample.Images, i), i));
                norms.Add(TokenCodec.Norm(q, TokenEncoding.HMix, TokenCodec.Encode(token.Span, TokenEncoding.HMix, (uint)i, q)));
            }
        }

        Assert.True(double.IsFinite(_head.MaxNorm), $"head.npz has no max_norm: the longest sample token has {norms.Max():R}");

        // And not so far below that the limit would be none.
        Assert.InRange(norms.Max(), _head.MaxNorm / 4, _head.MaxNorm / 1.5);
    }

    [Theory]
    [InlineData("d2", 2)]
    [InlineData("d4", 4)]
    [InlineData("d8", 8)]
    [InlineData("d32", 32)]
    [InlineData("d48", 48)]
    [InlineData("d64", 64)]
    [InlineData("penultimate", 48)]
    [InlineData("feature-map", 576)]
    public async Task Models_of_experiments_reach_the_accuracy_that_was_measured(string name, int dimension)
    {
        var sample = await SampleAsync();
        var transformers = _views.ConvertAll(view => new ViewTransformer(view.Transform, view.View));
        using var model = VisionModel.Load(Path.Combine(_folder, "experiments", name));
        using var extractor = model.CreateExtractor();
        var head = FusionHead.Load(Path.Combine(_folder, "experiments", name, "head.npz"));
        Assert.Equal((dimension, dimension), (model.Dimension, head.Dimension));

        const int Images = 1000;
        var hits = 0;
        for (var i = 0; i < Images; i++)
        {
            var tokens = new List<float>();
            foreach (var transformer in transformers)
                tokens.AddRange(OverTheWire(extractor.Extract(transformer.Apply(ImageOf(sample.Images, i), i)), i, TokenEncoding.Plain));
            if (Decide([.. tokens], head) == sample.Labels[i]) hits++;
        }

        var written = Read<JsonElement>("experiments/metrics.json").GetProperty("mean_by_k").GetProperty(name);
        var expected = written.GetProperty(name.StartsWith('d') ? "plain" : "int8").GetProperty($"{_views.Count}").GetDouble();
        // The metrics are of 10,000 images: three to four standard errors of a share of 1,000 of them.
        Assert.InRange((double)hits / Images, expected - 0.045, expected + 0.045);
    }

    [Fact(Explicit = true)]
    public async Task Time_on_this_machine()
    {
        var sample = await SampleAsync();
        var transformer = new ViewTransformer(_views[0].Transform, 0);
        var (view, token) = (new List<double>(), new List<double>());
        for (var i = 0; i < 2000; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var frame = transformer.Apply(ImageOf(sample.Images, i % sample.Labels.Length), i);
            view.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            started = Stopwatch.GetTimestamp();
            _extractor.Extract(frame);
            token.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        foreach (var (name, times) in new[] { ("view transform", view), ("frame to token", token) })
        {
            times.Sort();
            TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}: median {times[1000]:F3} ms, p99 {times[1980]:F3} ms"));
        }
    }

    private static Frame ImageOf(IdxFile images, int index) =>
        new(s_shape, images.Data[(index * s_shape.Bytes)..((index + 1) * s_shape.Bytes)]);

    private static float[] OverTheWire(ReadOnlyMemory<float> token, int seed, TokenEncoding encoding = TokenEncoding.HMix)
    {
        var q = new sbyte[token.Length];
        var decoded = new float[token.Length];
        var scale = TokenCodec.Encode(token.Span, encoding, (uint)seed, q);
        TokenCodec.Decode(q, encoding, (uint)seed, scale, decoded);
        return decoded;
    }

    private int Decide(float[] tokens) => Decide(tokens, _head);

    private static int Decide(float[] tokens, FusionHead head)
    {
        var m = tokens.Length / head.Dimension;
        var fused = new float[head.Dimension];
        head.Fuse(tokens, [.. Enumerable.Repeat(1f, m)], head.Beta, new float[m], fused);
        return head.Decide(fused).Pred;
    }

    private async Task<(IdxFile Images, byte[] Labels)> SampleAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var images = await IdxFile.ReadAsync(Path.Combine(_folder, "sample", "images-idx3-ubyte.gz"), 3, "", cancellation);
        return (images, (await IdxFile.ReadAsync(Path.Combine(_folder, "sample", "labels-idx1-ubyte.gz"), 1, "", cancellation)).Data);
    }

    private T Read<T>(string name) => JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(_folder, name)), s_json)!;

    private sealed record CameraView(string Camera, int View, ViewTransform Transform);

    private sealed record Reference(List<ReferenceImage> Images);

    private sealed record ReferenceImage(int Image, int Label, List<ReferenceView> Views, int Pred);

    private sealed record ReferenceView(byte[] Frame, float[] Token);
}
