using Jtfa.Silo.Cameras.Vision;
using Jtfa.Testing.Cameras;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtfa.Silo.Tests.Cameras.Fitting;

/// <summary>What a bare ONNX file says of itself, and what must be said of it.</summary>
public sealed class BackboneFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<long[]?, BackboneHints, string> Described => new()
    {
        { [1, 3, 20, 30], new(), "image 30x20x3 NCHW" },
        { [-1, 3, 20, 30], new(), "image 30x20x3 NCHW" },
        { [1, 20, 30, 3], new(), "image 30x20x3 NHWC" },
        { [1, 20, 30, 1], new(), "image 30x20x1 NHWC" },
        { [1, 1, 20, 30], new(), "image 30x20x1 NCHW" },
        { [3, 20, 30], new(), "image 30x20x3 NCHW" },
        { [1, 3, -1, -1], new(Width: 30, Height: 20), "image 30x20x3 NCHW" },
        { [-1, -1, -1, -1], new(Width: 30, Height: 20, Channels: 3, Layout: "NHWC"), "image 30x20x3 NHWC" },
        { null, new(Width: 4, Height: 3, Channels: 1), "image 4x3x1 NCHW" },
    };

    public static TheoryData<long[]?, BackboneHints, string[]> Asked => new()
    {
        { [1, 3, -1, -1], new(), ["declares no width", "--width"] },
        { [1, 3, -1, -1], new(Width: 4), ["declares no height", "--height"] },
        { [1, -1, 3, 4], new(), ["declares no channels", "--channels"] },
        { [1, 3, 20, 30], new(Width: 224), ["--width 224", "declares 30"] },
        { [1, 3, 20, 30], new(Output: "logits"), ["outputs vector, not 'logits'", "--output"] },
        { [1, 5, 20, 30], new(), ["input.channels=5"] },
    };

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Described), DisableDiscoveryEnumeration = true)]
    public void Its_input_is_read_from_the_file(long[]? sizes, BackboneHints hints, string expected)
    {
        var input = Describe(new OnnxModel { InputSizes = sizes }, hints).Input;
        Assert.Equal(expected, $"{input.Name} {input.Width}x{input.Height}x{input.Channels} {input.Layout}");
    }

    [Theory, MemberData(nameof(Asked), DisableDiscoveryEnumeration = true)]
    public async Task What_it_does_not_declare_is_asked_for_by_its_flag(long[]? sizes, BackboneHints hints, string[] says) =>
        await Fixtures.FaultAsync(() => Task.FromResult(Describe(new OnnxModel { InputSizes = sizes }, hints)), says);

    [Theory]
    [InlineData(TensorElementType.Float, null, 0, 1)]
    [InlineData(TensorElementType.Float, PixelScaling.Symmetric, -1, 1)]
    [InlineData(TensorElementType.Float, PixelScaling.Bytes, 0, 255)]
    [InlineData(TensorElementType.UInt8, null, 0, 255)]
    [InlineData(TensorElementType.Int8, null, -128, 127)]
    public void Pixels_are_scaled_to_what_the_backbone_takes(TensorElementType type, PixelScaling? scaling, double least, double most)
    {
        var model = new OnnxModel { Input = type, Output = type, InputSizes = [1, 3, 2, 2] };
        var input = Describe(model, new(Scaling: scaling)).Input;
        Assert.Equal(least, input.Normalised(2, 0), 1e-9);
        Assert.Equal(most, input.Normalised(2, 255), 1e-9);
    }

    [Fact]
    public void Pixels_as_torchvision_takes_them_follow_the_order_of_channels()
    {
        var model = new OnnxModel { InputSizes = [1, 3, 2, 2] };
        var hints = new BackboneHints(Scaling: PixelScaling.ImageNet);
        var (rgb, bgr) = (Describe(model, hints).Input, Describe(model, hints with { ChannelOrder = "BGR" }).Input);
        Assert.Equal((0 - 0.485) / 0.229, rgb.Normalised(0, 0), 1e-9); // red
        Assert.Equal((1 - 0.406) / 0.225, rgb.Normalised(2, 255), 1e-9); // blue
        Assert.Equal(rgb.Mean.Reverse(), bgr.Mean);
        Assert.Equal(rgb.Std.Reverse(), bgr.Std);
    }

    [Fact]
    public void Its_description_is_read_back_as_it_was()
    {
        var bare = Describe(new OnnxModel { InputSizes = [1, 3, 2, 2] }, new());
        var description = bare with { Pca = "pca.npz", Classes = ["grün & \"so\""] };
        _folder.Write(ModelDescription.FileName, description.ToJson());
        var read = ModelDescription.Load(_folder.Root);
        Assert.Equal(description.ToJson(), read.ToJson());
        Assert.Equal(description.Classes, read.Classes);
        Assert.DoesNotContain("dimensions", description.ToJson(), StringComparison.OrdinalIgnoreCase);
    }

    private ModelDescription Describe(OnnxModel model, BackboneHints hints) =>
        BackboneFile.Describe(_folder.Write("backbone.onnx", model.Bytes()), hints);
}
