using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Testing.Cameras;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>Backbones as people export them: other types than single precision, batch axis or none, sizes declared or not.</summary>
public sealed class ExportedModelTests : IDisposable
{
    private static readonly ModelInput s_grey = new()
    {
        Name = "image",
        Width = 4,
        Height = 3,
        Channels = 1,
        Mean = [0],
        Std = [1],
    };

    private static readonly ModelInput s_colour = s_grey with { Channels = 3, Mean = [1, 2, 3], Std = [1, 2, 4], Scale = 0.5 };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<TensorElementType, TensorElementType> Types
    {
        get
        {
            TensorElementType[] types =
            [
                TensorElementType.Float, TensorElementType.Float16, TensorElementType.Double, TensorElementType.UInt8,
                TensorElementType.Int16, TensorElementType.UInt16, TensorElementType.Int32, TensorElementType.UInt32,
                TensorElementType.Int64, TensorElementType.UInt64,
            ];
            var pairs = new TheoryData<TensorElementType, TensorElementType>();
            foreach (var type in types)
            {
                pairs.Add(type, type);
                if (type == TensorElementType.Float) continue;
                pairs.Add(type, TensorElementType.Float);
                pairs.Add(TensorElementType.Float, type);
            }

            return pairs;
        }
    }

    public static TheoryData<string, long[]?, long[]> Shapes => new()
    {
        { "fixed batch", [1, 1, 3, 4], [1, 12] },
        { "any batch", [-1, 1, 3, 4], [1, 12] },
        { "any sizes", [-1, -1, -1, -1], [1, 12] },
        { "no batch", [1, 3, 4], [12] },
        { "no batch, any sizes", [-1, -1, -1], [12] },
        { "no axis of channels", [3, 4], [12] },
        { "flat", [1, 12], [1, 12] },
        { "flat, any batch", [-1, 12], [1, 12] },
        { "undeclared", null, [1, 12] },
        { "output with axes of one", [1, 1, 3, 4], [1, 12, 1, 1] },
        { "output without batch", [1, 1, 3, 4], [12] },
    };

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Types))]
    public void Every_type_of_number_goes_in_and_out(TensorElementType input, TensorElementType output)
    {
        var frame = Fixtures.RandomFrame(4, 3, 1, 1);
        Assert.Equal(frame.Pixels.Select(pixel => (float)pixel), Run(new OnnxModel { Input = input, Output = output }, s_grey, frame));
    }

    [Fact]
    public void Signed_bytes_take_pixels_less_128()
    {
        var frame = Fixtures.RandomFrame(4, 3, 1, 2);
        var model = new OnnxModel { Input = TensorElementType.Int8, Output = TensorElementType.Int8 };
        Assert.Equal(frame.Pixels.Select(pixel => pixel - 128f), Run(model, s_grey with { Mean = [128] }, frame));
    }

    [Fact]
    public void Fractions_are_rounded_to_integers_and_to_half_precision()
    {
        var frame = new Frame(new FrameShape(4, 3, 1), [0, 1, 2, 3, 4, 5, 100, 101, 102, 253, 254, 255]);
        float[] thirds = [.. frame.Pixels.Select(pixel => (float)(pixel * (1 / 3.0)))];
        var third = s_grey with { Scale = 1 / 3.0 };
        Assert.Equal(thirds.Select(value => MathF.Round(value)), Run(new OnnxModel { Input = TensorElementType.UInt8 }, third, frame));
        Assert.Equal(thirds.Select(value => (float)(Half)value), Run(new OnnxModel { Input = TensorElementType.Float16 }, third, frame));
        Assert.Equal(thirds.Select(MathF.Truncate), Run(new OnnxModel { Output = TensorElementType.Int64 }, third, frame));
    }

    [Theory, MemberData(nameof(Shapes), DisableDiscoveryEnumeration = true)]
    public void Axes_may_be_left_out_or_undeclared(string name, long[]? input, long[] output)
    {
        Assert.NotEmpty(name);
        var frame = Fixtures.RandomFrame(4, 3, 1, 3);
        var model = new OnnxModel { InputSizes = input, OutputSizes = output };
        Assert.Equal(frame.Pixels.Select(pixel => (float)pixel), Run(model, s_grey, frame));
    }

    [Fact]
    public void A_model_that_declares_no_sizes_is_tried_without_a_batch_axis()
    {
        var frame = Fixtures.RandomFrame(4, 3, 1, 3);
        var model = new OnnxModel { InputSizes = null, Operator = "Transpose", Attributes = [("perm", new long[] { 0, 1, 2 })] };
        Assert.Equal(frame.Pixels.Select(pixel => (float)pixel), Run(model, s_grey, frame));
    }

    [Theory]
    [InlineData("NCHW", "RGB")]
    [InlineData("NCHW", "BGR")]
    [InlineData("NHWC", "RGB")]
    [InlineData("NHWC", "BGR")]
    public void Channels_come_in_the_order_that_model_json_names(string layout, string order)
    {
        var frame = Fixtures.RandomFrame(4, 3, 3, 4);
        float Value(int pixel, int channel)
        {
            var colour = order == "RGB" ? channel : 2 - channel;
            return (float)(((frame.Pixels[(pixel * 3) + colour] * 0.5) - s_colour.Mean[channel]) / s_colour.Std[channel]);
        }

        var (pixels, channels) = (Enumerable.Range(0, 12), Enumerable.Range(0, 3));
        var expected = layout == "NCHW"
            ? from c in channels from p in pixels select Value(p, c)
            : from p in pixels from c in channels select Value(p, c);
        foreach (var batch in new[] { true, false })
        {
            long[] sizes = layout == "NCHW" ? [1, 3, 3, 4] : [1, 3, 4, 3];
            var model = new OnnxModel { InputSizes = batch ? sizes : sizes[1..] };
            Assert.Equal(expected, Run(model, s_colour with { Layout = layout, ChannelOrder = order }, frame));
        }
    }

    public static TheoryData<string, byte[], ModelInput, string[]> Refused => new()
    {
        { "batch of 8", Bytes(sizes: [8, 1, 3, 4]), s_grey, ["Float (8, 1, 3, 4)", "export it with a batch of 1 or of any size"] },
        { "other layout", Bytes(sizes: [1, 3, 4, 3]), s_colour, ["(1, 3, 4, 3)", "(1, 3, 3, 4)", "set input.layout to NHWC"] },
        { "other size", Bytes(sizes: [1, 1, 3, 5]), s_grey, ["(1, 1, 3, 5)", "(1, 1, 3, 4)", "correct input in model.json"] },
        { "text", Bytes(TensorElementType.String), s_grey, ["takes String", "export it with an input of Float, Float16"] },
        { "truth", Bytes(TensorElementType.Bool), s_grey, ["takes Bool", "export it with an input of"] },
        { "two inputs", new OnnxModel { MoreInputs = ["mask"] }.Bytes(), s_grey, ["image, mask", "the image as the only one"] },
        { "text out", new OnnxModel { Output = TensorElementType.String }.Bytes(), s_grey, ["String in 'vector'", "with an output of"] },
        { "fractions to bytes", Bytes(TensorElementType.UInt8), s_grey with { Scale = 1 / 255.0 }, ["0 … 1", "set scale to 1"] },
        { "bytes to signed bytes", Bytes(TensorElementType.Int8), s_grey, ["0 … 255", "beyond it"] },
        { "pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"u8.ToArray(), s_grey, ["git lfs pull"] },
        { "empty", [], s_grey, ["cannot be used", "export it again"] },
    };

    [Theory, MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_work_says_what_to_do(string name, byte[] model, ModelInput input, string[] says)
    {
        Assert.NotEmpty(name);
        var path = _folder.Write("b.onnx", model);
        await Fixtures.FaultAsync(() => Task.FromResult(Backbone.Load(path, input, "vector")), [path, .. says]);
    }

    private static byte[] Bytes(TensorElementType type = TensorElementType.Float, params long[] sizes) =>
        new OnnxModel { Input = type, Output = type, InputSizes = sizes is [] ? [1, 1, 3, 4] : sizes }.Bytes();

    private float[] Run(OnnxModel model, ModelInput input, Frame frame)
    {
        var path = _folder.Write("b.onnx", model.Bytes());
        using var backbone = Backbone.Load(path, input, "vector");
        using var run = backbone.CreateRun();
        new FramePacker(input).Pack(frame, run.Image);
        run.Run();
        Assert.Equal(run.Features.Length, backbone.Features);
        return run.Features;
    }
}
