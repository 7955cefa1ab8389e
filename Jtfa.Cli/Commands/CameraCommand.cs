using System.CommandLine;
using Jtfa.Cli.Help;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Telemetry;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa camera</c>: one camera view on its own, sending to a fusion node elsewhere.</summary>
internal static class CameraCommand
{
    private static readonly Option<string> s_to = new("--to")
    {
        Description = "The fusion nodes, host:port, separated by commas: the first that listens is sent to.",
        DefaultValueFactory = _ => ConfiguredGateways.Local,
    };
    private static readonly Option<string> s_scene =
        new("--scene") { Description = "The scene watched; empty leaves it to the port.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> s_camera =
        new("--camera") { Description = "The camera's name.", DefaultValueFactory = _ => "camera" };
    private static readonly Option<int?> s_view = new("--view") { Description = "View number, distinct within the scene (default 0)." };
    private static readonly Option<FrameSourceKind> s_source = new("--source") { Description = "Where frames come from.", Required = true };
    private static readonly Option<string> s_path =
        new("--path") { Description = "Device, URL, file or folder of the source.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> s_labels =
        new("--labels") { Description = "Labels file of an idx or replay source.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> s_inputOptions =
        new("--input-options") { Description = "ffmpeg options before its input, such as \"-f v4l2\".", DefaultValueFactory = _ => "" };
    private static readonly Option<double> s_stallTimeout = new("--stall-timeout")
    {
        Description = "Milliseconds without a frame after which a live source is opened anew.",
        DefaultValueFactory = _ => new FrameSourceConfig().StallTimeout,
    };
    private static readonly Option<FileInfo?> s_views =
        new("--views") { Description = "A views.json: takes the view number and transform of --camera from it." };
    private static readonly Option<TokenEncoding> s_encoding =
        new("--encoding") { Description = "How tokens are encoded.", DefaultValueFactory = _ => TokenEncoding.HMix };
    private static readonly Option<int> s_wire = new("--wire")
    {
        Description = "The version of the wire: 1, or 2 with a third of its bytes, for fusion nodes that know it.",
        DefaultValueFactory = _ => new CameraConfig().WireVersion,
    };
    private static readonly Option<TokenQuantiser> s_quantiser =
        new("--quantiser") { Description = "With --wire 2: to how many levels tokens are rounded." };
    private static readonly Option<int> s_sceneIndex =
        new("--scene-index") { Description = "With --wire 2: the scene's Index at the fusion node, sent in place of its name." };
    private static readonly Option<bool> s_decisionIds =
        new("--decision-ids") { Description = "With --wire 2: send decision ids, which scenes keyed by sequence need." };
    private static readonly Option<double> s_rate =
        new("--rate") { Description = "Captures a second, on wall-clock multiples.", DefaultValueFactory = _ => 10 };
    private static readonly Option<string> s_model =
        new("--model") { Description = "Folder of model.json (default: the shipped model).", DefaultValueFactory = _ => "" };
    private static readonly Option<int> s_dimension =
        new("--dimension") { Description = "Token length of a random source.", DefaultValueFactory = _ => 16 };
    private static readonly Option<int> s_seed = new("--seed") { Description = "Seed of a random source.", DefaultValueFactory = _ => 0 };
    private static readonly Option<RedundancyKind> s_redundancy = new("--redundancy")
    {
        Description = "What is sent besides each token, in case it is lost: Duplicate (once more, later), Red (with it those before).",
    };
    private static readonly Option<double> s_redundancyDelay = new("--redundancy-delay")
    {
        Description = "Duplicate: milliseconds from a token to its copy.",
        DefaultValueFactory = _ => new TokenRedundancy().Delay,
    };
    private static readonly Option<int> s_redundancyTokens = new("--redundancy-tokens")
    {
        Description = "Red: how many tokens before it each packet carries along.",
        DefaultValueFactory = _ => new TokenRedundancy().Tokens,
    };
    private static readonly Option<PacingKind> s_pacing = new("--pacing")
    {
        Description = "Which tokens are sent: Every one, or those that have Moved, fewer while tokens are lost or late.",
    };
    private static readonly Option<double> s_delta = new("--delta")
    {
        Description = "Moved: by what share of its length a token must differ from the last that was sent.",
        DefaultValueFactory = _ => new TokenPacing().Delta,
    };
    private static readonly Option<double> s_maxAge = new("--max-age")
    {
        Description = "Moved: milliseconds after which a token is sent though it has not moved.",
        DefaultValueFactory = _ => new TokenPacing().MaxAge,
    };
    private static readonly Option<FileInfo?> s_keys =
        new("--keys") { Description = "The file with its view's key, as 'jtfa key new' makes it: tokens get tags." };
    private static readonly Option<DirectoryInfo> s_epochs = new("--epochs")
    {
        Description = "The folder in which a camera with a key keeps its epoch.",
        DefaultValueFactory = _ => new DirectoryInfo("."),
    };
    private static readonly Option<double?> s_seconds =
        new("--seconds") { Description = "Stop after so long (default: until Ctrl-C, or the end of a file)." };
    private static readonly Option<string?> s_spans =
        new("--spans") { Description = "Append a line of JSON for each token to this file: when it was due, captured, inferred, sent." };

    private static readonly Option<double?> s_report = new("--report")
    {
        Description = "Seconds between lines about rate and loss (default: 10 on a terminal, else 60; 0: none).",
    };

    // What faults of a camera's configuration name.
    private static readonly (Option Option, string Setting)[] s_settings =
    [
        (s_to, "Destination"), (s_scene, "Scene"), (s_camera, "Camera"), (s_view, "View"), (s_source, "Source.Kind"),
        (s_path, "Source.Path"), (s_labels, "Source.Labels"), (s_inputOptions, "Source.InputOptions"), (s_seed, "Source.Seed"),
        (s_stallTimeout, "Source.StallTimeout"), (s_encoding, "Encoding"), (s_wire, "WireVersion"),
        (s_quantiser, "Quantiser"), (s_sceneIndex, "SceneIndex"), (s_decisionIds, "SendsDecisionId"), (s_rate, "RateHz"),
        (s_model, "Model"), (s_dimension, "Dimension"), (s_redundancy, "Redundancy.Kind"), (s_redundancyDelay, "Redundancy.Delay"),
        (s_redundancyTokens, "Redundancy.Tokens"), (s_pacing, "Pacing.Kind"), (s_delta, "Pacing.Delta"), (s_maxAge, "Pacing.MaxAge"),
    ];

    public static Command Create()
    {
        foreach (var (option, setting) in s_settings) option.Sets(setting);
        var command = new Command(
            "camera", "Run one camera view: frame, backbone, token, encode, UDP.")
        {
            s_source, s_path, s_labels, s_inputOptions, s_stallTimeout, s_to, s_scene, s_camera, s_view, s_views, s_encoding, s_wire,
            s_quantiser, s_sceneIndex, s_decisionIds, s_rate, s_model, s_dimension, s_seed, s_redundancy, s_redundancyDelay,
            s_redundancyTokens, s_pacing, s_delta, s_maxAge, s_keys, s_epochs, s_seconds, s_spans, s_report,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa camera --source ffmpeg --path /dev/video0 --input-options \"-f v4l2\" --view 1 --model my-model --to fusion.local:5005",
            "jtfa camera --source images --path photographs --rate 2 --seconds 60",
            "jtfa camera --source random --view 2 --scene lobby --keys keys");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var config = ConfigOf(parsed);
        if (config.Faults().ToList() is { Count: > 0 } faults)
            throw new AggregateException(faults.Select(fault => new UsageException(fault)));
        var seconds = RunFor.Parse(parsed.GetValue(s_seconds));
        var every = parsed.GetValue(s_report) ?? (Console.IsErrorRedirected ? 60 : 10);
        if (every is not (0 or (>= 0.1 and <= 86_400))) throw new UsageException($"--report {every}: allowed is 0, or 0.1 … 86400");
        var keys = new ViewKeysOptions
        {
            File = parsed.GetValue(s_keys)?.FullName ?? "",
            EpochFolder = parsed.GetValue(s_epochs)!.FullName,
        };
        await using var services = Services(keys, parsed.GetValue(Faults.Verbose));
        if (keys.File.Length > 0 && services.GetRequiredService<ViewKeys>().Of(config.Scene, config.View).Count == 0)
            throw new UsageException($"--keys {keys.File}: there is no key of {config.Scene}/{config.View} (--scene, --view)");
        await using var spans = Record(parsed.GetValue(s_spans), services);
        await using var pipeline = (CameraPipeline)services.GetRequiredService<ICameraPipelines>().Start(config);
        var report = new CameraReport(pipeline, config, services.GetRequiredService<TimeProvider>());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reporting = report.RunAsync(every > 0 ? TimeSpan.FromSeconds(every) : null, stop.Token);
        if (seconds is { } limit) stop.CancelAfter(limit);
        try
        {
            await pipeline.Completion.WaitAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped as asked.
        }

        await pipeline.DisposeAsync();
        await stop.CancelAsync();
        await reporting;
        var status = pipeline.Status;
        await Console.Out.WriteLineAsync(
            $"{config.Camera}: {status.Sent} tokens sent, {status.Missed} ticks missed, {status.Bytes} bytes, {status.MeanPrepareMs:F2} " +
            "ms from capture to datagram");
        return 0;
    }

    private static SpanRecording? Record(string? file, ServiceProvider services) => file is null ? null
        : SpanRecording.Start(
            file, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<SpanRecording>>());

    private static CameraConfig ConfigOf(ParseResult parsed)
    {
        var camera = parsed.GetValue(s_camera)!;
        var view = parsed.GetValue(s_views) is { } file ? DemoViews.Load(file.FullName).Find(camera) : null;
        return new CameraConfig
        {
            Scene = parsed.GetValue(s_scene)!,
            Camera = camera,
            View = parsed.GetValue(s_view) ?? view?.View ?? 0,
            Encoding = parsed.GetValue(s_encoding),
            WireVersion = parsed.GetValue(s_wire),
            Quantiser = parsed.GetValue(s_quantiser),
            SceneIndex = parsed.GetValue(s_sceneIndex),
            SendsDecisionId = parsed.GetValue(s_decisionIds),
            RateHz = parsed.GetValue(s_rate),
            Destination = parsed.GetValue(s_to)!,
            Model = parsed.GetValue(s_model)!,
            Dimension = parsed.GetValue(s_dimension),
            Pacing = new TokenPacing
            {
                Kind = parsed.GetValue(s_pacing),
                Delta = parsed.GetValue(s_delta),
                MaxAge = parsed.GetValue(s_maxAge),
            },
            Redundancy = new TokenRedundancy
            {
                Kind = parsed.GetValue(s_redundancy),
                Delay = parsed.GetValue(s_redundancyDelay),
                Tokens = parsed.GetValue(s_redundancyTokens),
            },
            Source = new FrameSourceConfig
            {
                Kind = parsed.GetValue(s_source),
                Path = parsed.GetValue(s_path)!,
                Labels = parsed.GetValue(s_labels)!,
                InputOptions = parsed.GetValue(s_inputOptions)!,
                Seed = parsed.GetValue(s_seed),
                StallTimeout = parsed.GetValue(s_stallTimeout),
                Transform = view?.Transform,
            },
        };
    }

    private static ServiceProvider Services(ViewKeysOptions keys, bool verbose)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging
            .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "))
            .SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Warning)
            // Not its errors: CommandLine prints the fault that ends the camera, in one line.
            .AddFilter(typeof(CameraPipeline).FullName, level => verbose || level == LogLevel.Warning));
        services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        services.AddSingleton(Options.Create(keys));
        services.AddJtfaCameras();
        return services.BuildServiceProvider();
    }
}
