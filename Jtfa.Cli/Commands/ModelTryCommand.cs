using System.CommandLine;
using Jtfa.Cli.Help;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Time;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa model try</c>: what a model takes a picture for, by one view's token.</summary>
internal static class ModelTryCommand
{
    private static readonly Argument<string[]> s_inputs = new("input")
    {
        Description = "Pictures; of a film, a device or a URL its first frame.",
        Arity = ArgumentArity.OneOrMore,
    };
    private static readonly Option<string> s_model =
        new("--model") { Description = "Folder of model.json (default: the shipped model).", DefaultValueFactory = _ => "" };
    private static readonly Option<string> s_inputOptions =
        new("--input-options") { Description = "ffmpeg options before its input, such as \"-f v4l2\".", DefaultValueFactory = _ => "" };

    public static Command Create()
    {
        var command = new Command(
            "try",
            "Say what a picture is, by the token of one view.")
        {
            s_inputs, s_model, s_inputOptions,
        };
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa model try photo.jpg --model my-model");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new CameraOptions();
        var folder = parsed.GetValue(s_model) is { Length: > 0 } named ? named : options.ModelFolder;
        var description = ModelDescription.Load(folder);
        if (description.Head is null) throw new UsageException($"--model {folder}: its model.json names no head, so that nothing decides");
        var head = FusionHead.Load(Path.Combine(folder, description.Head));
        using var model = VisionModel.Load(folder);
        if (head.Dimension != model.Dimension)
        {
            throw new UsageException(
                $"--model {folder}: its tokens have {model.Dimension} numbers, its head takes {head.Dimension}: fit them together");
        }

        using var extractor = model.CreateExtractor();
        foreach (var input in parsed.GetValue(s_inputs)!)
        {
            var source = new FrameSourceConfig
            {
                Kind = FrameSourceKind.Ffmpeg,
                Path = input,
                InputOptions = parsed.GetValue(s_inputOptions)!,
            };
            await using var frames = await FfmpegFrameSource.StartAsync(
                source, model.Shape, options, PreciseTimeProvider.Instance, cancellationToken);
            if (await frames.NextAsync(0, cancellationToken) is not { Frame: { } frame })
                throw new UsageException($"{input}: it has no frame");
            var token = extractor.Extract(frame);
            var (pred, confidence) = head.Decide(token.Span);
            var name = pred < description.Classes.Count ? $"{description.Classes[pred]} (class {pred})" : $"class {pred}";
            await Console.Out.WriteLineAsync(
                $"{Secrets.Mask(input)}: {name}, {ResultTable.Number(confidence * 100, "F1")} % sure{TooLong(token.Span, head.MaxNorm)}");
        }

        return 0;
    }

    private static string TooLong(ReadOnlySpan<float> token, double maxNorm)
    {
        var sum = 0.0;
        foreach (var value in token) sum += (double)value * value;
        return Math.Sqrt(sum) > maxNorm ? "; unlike all that it was fitted on: a gateway would reject such a token (max_norm)" : "";
    }
}
