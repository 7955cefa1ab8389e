using Microsoft.ML.OnnxRuntime;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>How the bytes of a pixel become the numbers that a backbone is fed.</summary>
public enum PixelScaling
{
    /// <summary>0 … 1.</summary>
    Unit,

    /// <summary>0 … 1, less ImageNet's mean and divided by its standard deviation, as torchvision's models take them.</summary>
    ImageNet,

    /// <summary>−1 … 1, as MobileNet and other models from TensorFlow take them.</summary>
    Symmetric,

    /// <summary>0 … 255 as they are; −128 … 127 for a backbone that takes signed bytes.</summary>
    Bytes,
}

/// <summary>What a person says of a bare ONNX file; null leaves it to what the file declares, or to a default.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Layout">NCHW or NHWC.</param>
/// <param name="ChannelOrder">RGB (the default) or BGR.</param>
/// <param name="Scaling">Default: <see cref="PixelScaling.Unit"/>, and for integers <see cref="PixelScaling.Bytes"/>.</param>
/// <param name="Output">The output's name; needed where there are several.</param>
public sealed record BackboneHints(
    int? Width = null, int? Height = null, int? Channels = null, string? Layout = null, string? ChannelOrder = null,
    PixelScaling? Scaling = null, string? Output = null);

/// <summary>An ONNX file that no model.json describes yet.</summary>
public static class BackboneFile
{
    // Of torchvision's transforms; the grey ones are the means over the colours.
    private static readonly double[] s_imageNetMean = [0.485, 0.456, 0.406];
    private static readonly double[] s_imageNetStd = [0.229, 0.224, 0.225];

    /// <summary>Describes a backbone by what its file declares.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="hints">What it does not declare.</param>
    /// <exception cref="CameraFaultException">It cannot be read, or more must be said of it.</exception>
    public static ModelDescription Describe(string path, BackboneHints hints)
    {
        Backbone.CheckFile(path, "--backbone");
        try
        {
            OnnxRuntimeTelemetry.TurnOff();
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using var session = new InferenceSession(path, options);
            var (name, declared) = Backbone.OnlyInput(session, path);
            return new ModelDescription
            {
                Name = Path.GetFileNameWithoutExtension(path),
                Backbone = Path.GetFileName(path),
                Input = Input(path, name, declared, hints),
                Output = Output(path, [.. session.OutputMetadata.Keys], hints.Output),
            };
        }
        catch (OnnxRuntimeException e)
        {
            throw new CameraFaultException($"The backbone '{path}' cannot be used ({e.Message}): export it again", e);
        }
    }

    /// <summary>Copies a backbone, and weights that lie beside it under its name, as <c>.onnx.data</c> does.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="folder">Takes the files, under the same names.</param>
    public static void CopyTo(string path, string folder)
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(path))!, $"{Path.GetFileName(path)}*"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
    }

    private static string Output(string path, string[] outputs, string? wanted)
    {
        if (wanted is not null ? outputs.Contains(wanted) : outputs.Length == 1) return wanted ?? outputs[0];
        var named = wanted is null ? "" : $", not '{wanted}'";
        throw new CameraFaultException(
            $"The backbone '{path}' has the outputs {string.Join(", ", outputs)}{named}: name the one to take vectors from with --output");
    }

    private static ModelInput Input(string path, string name, NodeMetadata declared, BackboneHints hints)
    {
        if (!declared.IsTensor)
            throw new CameraFaultException($"The backbone '{path}' takes a {declared.OnnxValueType}: export it with a tensor as its input");
        int[] sizes = declared.Dimensions.Length switch
        {
            4 => declared.Dimensions[1..],
            3 => declared.Dimensions,
            _ => [0, 0, 0],
        };
        var layout = hints.Layout ?? (sizes[2] is 1 or 3 && sizes[0] is not (1 or 3) ? "NHWC" : "NCHW");
        var (channels, height, width) = layout == "NHWC" ? (sizes[2], sizes[0], sizes[1]) : (sizes[0], sizes[1], sizes[2]);
        channels = Size("channels", channels, hints.Channels);
        var isWhole = ElementCast.Find(declared.ElementDataType) is { IsWhole: true };
        var scaling = hints.Scaling ?? (isWhole ? PixelScaling.Bytes : PixelScaling.Unit);
        var isSigned = declared.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int8;
        var order = hints.ChannelOrder ?? "RGB";
        var input = new ModelInput
        {
            Name = name,
            Width = Size("width", width, hints.Width),
            Height = Size("height", height, hints.Height),
            Channels = channels,
            Layout = layout,
            ChannelOrder = order,
            Scale = scaling switch { PixelScaling.Bytes => 1, PixelScaling.Symmetric => 1 / 127.5, _ => 1 / 255.0 },
            Mean = scaling switch
            {
                PixelScaling.ImageNet => Colours(s_imageNetMean, channels, order),
                PixelScaling.Symmetric => Same(1, channels),
                PixelScaling.Bytes when isSigned => Same(128, channels),
                _ => Same(0, channels),
            },
            Std = scaling == PixelScaling.ImageNet ? Colours(s_imageNetStd, channels, order) : Same(1, channels),
        };
        var faults = string.Join("; ", input.Faults());
        return faults.Length == 0 ? input : throw new CameraFaultException($"The backbone '{path}' cannot be fed: {faults}");

        int Size(string what, int ofFile, int? said)
        {
            if (ofFile > 0 && said is { } other && other != ofFile)
                throw new CameraFaultException($"--{what} {other}: the backbone '{path}' declares {ofFile}");
            return ofFile > 0 ? ofFile : said
                ?? throw new CameraFaultException($"The backbone '{path}' declares no {what}: say it with --{what}");
        }
    }

    private static double[] Same(double value, int channels) => [.. Enumerable.Repeat(value, channels)];

    private static double[] Colours(double[] ofRgb, int channels, string order) => channels switch
    {
        1 => [ofRgb.Average()],
        _ when order == "BGR" => [.. ofRgb.Reverse()],
        _ => ofRgb,
    };
}
