using System.CommandLine;
using Jtfa.Cli.Help;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Fitting;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Time;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa model collect</c>: what cameras see of one class, as vectors of a backbone.</summary>
internal static class ModelCollectCommand
{
    private const double MaxRate = 1000;

    private static readonly Option<string> s_collection = ModelCommand.Collection();
    private static readonly Option<string> s_class = new("--class") { Description = "What the cameras see.", Required = true };
    private static readonly Option<string?> s_backbone = new("--backbone")
    {
        Description = "An ONNX file, or a folder with a model.json. The first run needs it; later ones take the collection's.",
    };
    private static readonly Option<FrameSourceKind> s_source = new("--source")
    {
        Description = "Where frames come from: Ffmpeg (a device, a URL, a file) or Images (a folder).",
        DefaultValueFactory = _ => FrameSourceKind.Ffmpeg,
    };
    private static readonly Option<string[]> s_path = new("--path")
    {
        Description = "Device, URL, file or folder; several are views that are captured together.",
        AllowMultipleArgumentsPerToken = true,
        Required = true,
    };
    private static readonly Option<int> s_view =
        new("--view") { Description = "View number of the first path; the others follow.", DefaultValueFactory = _ => 0 };
    private static readonly Option<string> s_inputOptions =
        new("--input-options") { Description = "ffmpeg options before its input, such as \"-f v4l2\".", DefaultValueFactory = _ => "" };
    private static readonly Option<double> s_rate =
        new("--rate") { Description = "Captures a second.", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> s_from =
        new("--from") { Description = "Begin so many seconds into a file.", DefaultValueFactory = _ => 0 };
    private static readonly Option<double?> s_seconds =
        new("--seconds") { Description = "Stop after so long (default: until Ctrl-C, or the end of a file)." };
    private static readonly Option<string?> s_output =
        new("--output") { Description = "The backbone's output to take, where it has several." };
    private static readonly Option<int?> s_width = new("--width") { Description = "Of the backbone's input, where its file does not say." };
    private static readonly Option<int?> s_height =
        new("--height") { Description = "Of the backbone's input, where its file does not say." };
    private static readonly Option<int?> s_channels =
        new("--channels") { Description = "Of the backbone's input, where its file does not say: 1 (grey) or 3 (colour)." };
    private static readonly Option<string?> s_layout =
        new("--layout") { Description = "Of the backbone's input, where its sizes do not tell: NCHW or NHWC." };
    private static readonly Option<string?> s_order =
        new("--channel-order") { Description = "Order of the backbone's colours: RGB (default) or BGR." };
    private static readonly Option<PixelScaling?> s_pixels = new("--pixels")
    {
        Description = "What the backbone takes pixels as: Unit (0 … 1, the default), ImageNet (torchvision's), Symmetric (−1 … 1), Bytes.",
    };

    public static Command Create()
    {
        var command = new Command(
            "collect",
            "Capture one class; run it again for the next, and for more of one.")
        {
            s_class, s_path, s_source, s_inputOptions, s_view, s_rate, s_from, s_seconds, s_collection, s_backbone, s_output, s_pixels,
            s_width, s_height, s_channels, s_layout, s_order,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa model collect --backbone backbone.onnx --path door.mp4 window.mp4 --class red",
            "jtfa model collect --path /dev/video0 /dev/video2 --input-options \"-f v4l2\" --class blue --seconds 20");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (name, rate) = (parsed.GetValue(s_class)!, parsed.GetValue(s_rate));
        if (VectorCollection.FaultOfClass(name) is { } fault) throw new UsageException($"--class {fault}");
        if (!(rate is > 0 and <= MaxRate)) throw new UsageException($"--rate {rate}: allowed is above 0 … {MaxRate}");
        var length = RunFor.Parse(parsed.GetValue(s_seconds));
        var cameras = Cameras(parsed);
        var from = From(parsed, cameras.Values);
        var collection = VectorCollection.Open(parsed.GetValue(s_collection)!, parsed.GetValue(s_backbone), Hints(parsed));
        var input = collection.Description.Input;
        using var backbone = Backbone.Load(collection.BackbonePath, input, collection.Description.Output);
        await using var run = await CaptureRun.OpenAsync(
            backbone, collection.Description,
            cameras.ToDictionary(camera => camera.Key, camera => new FrameSourceConfig
            {
                Kind = camera.Value.Kind,
                Path = camera.Value.Path,
                InputOptions = $"{from}{camera.Value.InputOptions}",
            }),
            rate, new CameraOptions(), PreciseTimeProvider.Instance, cancellationToken);
        void Begun() => Console.Out.WriteLine(
            $"{name}: {input.Width}×{input.Height} {(input.Channels == 1 ? "grey" : input.ChannelOrder)} → {backbone.Features} numbers"
            + $" by {collection.Description.Backbone}; Ctrl-C ends it");
        try
        {
            await run.RunAsync(length, Begun, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped as asked: what was captured is kept.
        }
        finally
        {
            await KeepAsync(collection, name, run); // also where a source broke
        }

        if (run.Captured.Count == 0) throw new UsageException($"nothing was captured of '{name}': let it run for longer");
        collection.Remember(cameras);
        return 0;
    }

    private static async Task KeepAsync(VectorCollection collection, string name, CaptureRun run)
    {
        var captured = run.Captured;
        if (captured.Count == 0) return;
        var file = collection.Add(name, captured);
        var counts = string.Join(", ", captured.Views.Select(view => $"view {view.View} {view.Vectors.Count}"));
        var leftOut = run.LeftOut > 0 ? $"; {run.LeftOut} frames gave no finite numbers: see --pixels" : "";
        await Console.Out.WriteLineAsync($"{name}: {counts} vectors in {file}{leftOut}");
    }

    private static Dictionary<int, CollectedCamera> Cameras(ParseResult parsed)
    {
        var kind = parsed.GetValue(s_source);
        if (kind is not (FrameSourceKind.Ffmpeg or FrameSourceKind.Images))
            throw new UsageException($"--source {kind}: allowed is {FrameSourceKind.Ffmpeg}, {FrameSourceKind.Images}");
        var view = parsed.GetValue(s_view);
        if (view < 0) throw new UsageException($"--view {view}: allowed is 0 or more");
        return parsed.GetValue(s_path)!.Index().ToDictionary(
            path => view + path.Index,
            path => new CollectedCamera(kind, Absolute(path.Item), parsed.GetValue(s_inputOptions)!, parsed.GetValue(s_rate)));
    }

    // As a silo started elsewhere finds it.
    private static string Absolute(string path) => Path.Exists(path) ? Path.GetFullPath(path) : path;

    private static string From(ParseResult parsed, IEnumerable<CollectedCamera> cameras)
    {
        var from = parsed.GetValue(s_from);
        if (from == 0) return "";
        if (!(from is > 0 and <= 86_400) || !cameras.All(camera => camera.Kind == FrameSourceKind.Ffmpeg && File.Exists(camera.Path)))
            throw new UsageException($"--from {from}: allowed is 0 … 86400, and with files alone");
        return FormattableString.Invariant($"-ss {from} ");
    }

    private static BackboneHints Hints(ParseResult parsed)
    {
        var hints = new BackboneHints(
            parsed.GetValue(s_width), parsed.GetValue(s_height), parsed.GetValue(s_channels), parsed.GetValue(s_layout)?.ToUpperInvariant(),
            parsed.GetValue(s_order)?.ToUpperInvariant(), parsed.GetValue(s_pixels), parsed.GetValue(s_output));

        // Elsewhere a model.json says it, which they would not change.
        return hints == new BackboneHints() || File.Exists(parsed.GetValue(s_backbone)) ? hints : throw new UsageException(
            "--width, --height, --channels, --layout, --channel-order, --pixels, --output: allowed with an ONNX file as --backbone");
    }
}
