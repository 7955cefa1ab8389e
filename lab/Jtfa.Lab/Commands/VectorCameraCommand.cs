using System.CommandLine;
using Jtfa.Experiments.Vectors;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Time;
using Microsoft.Extensions.Logging;

namespace Jtfa.Lab.Commands;

/// <summary>
/// <c>jtfa vector-camera</c>, for the experiments: a camera that sends the vectors which a token is made of, each as int8 and as fp32, of
/// the same frames at the same ticks as <c>jtfa camera</c>.
/// </summary>
internal static class VectorCameraCommand
{
    private static readonly Option<string> s_to =
        new("--to") { Description = "Where they go, host:port.", DefaultValueFactory = _ => ConfiguredGateways.Local };
    private static readonly Option<string> s_camera =
        new("--camera") { Description = "The camera's name.", DefaultValueFactory = _ => "camera" };
    private static readonly Option<FrameSourceKind> s_source = new("--source") { Description = "Where frames come from.", Required = true };
    private static readonly Option<string> s_path =
        new("--path") { Description = "Device, URL, file or folder of the source.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> s_labels =
        new("--labels") { Description = "Labels file of an idx source.", DefaultValueFactory = _ => "" };
    private static readonly Option<FileInfo?> s_views =
        new("--views") { Description = "A views.json: takes the view number and transform of --camera from it." };
    private static readonly Option<double> s_rate =
        new("--rate") { Description = "Captures a second, on wall-clock multiples.", DefaultValueFactory = _ => 10 };
    private static readonly Option<double?> s_seconds = RunFor.Option();

    public static Command Create()
    {
        var command = new Command("vector-camera", "Run one camera view that sends its backbone's vectors instead of tokens.")
        {
            s_source, s_path, s_labels, s_to, s_camera, s_views, s_rate, s_seconds,
        };
        command.Hidden = true;
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var config = ConfigOf(parsed);
        var seconds = RunFor.Parse(parsed.GetValue(s_seconds));
        using var loggers = LoggerFactory.Create(logging => logging.AddConsole(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (seconds is { } limit) stop.CancelAfter(limit);
        var sent = await CaptureAsync(config, loggers.CreateLogger<TokenSender>(), stop.Token);
        await Console.Out.WriteLineAsync(
            $"{config.Camera}: {sent.Moments} moments, {sent.Datagrams} datagrams sent, {sent.Bytes} bytes, {sent.Missed} ticks missed");
        return 0;
    }

    private static async Task<Sent> CaptureAsync(CameraConfig config, ILogger logger, CancellationToken cancellationToken)
    {
        var time = PreciseTimeProvider.Instance;
        using var penultimate = Ways.Load(VectorKind.Penultimate, "penultimate", config.View);
        using var featureMap = Ways.Load(VectorKind.FeatureMap, "feature-map", config.View);
        var transformer = config.Source.Transform is { } transform ? new ViewTransformer(transform, config.View) : null;
        using var sender = new TokenSender(config, new ConfiguredGateways(), time, logger);
        var schedule = new CaptureSchedule(time, config.RateHz);
        var sent = new Sent();
        try
        {
            await using var source = await FrameSources.OpenAsync(
                config, penultimate.Shape, new CameraOptions(), time, logger, cancellationToken);
            await sender.OpenAsync(cancellationToken);
            while (true)
            {
                var tick = await schedule.NextAsync(cancellationToken);
                if (await source.NextAsync(tick, cancellationToken) is not { Frame: { } frame } sample) break;
                var seen = transformer?.Apply(frame, tick) ?? frame;
                var moment = schedule.NearestTick(sample.TakenAt.Utc);
                foreach (var ways in (Ways[])[penultimate, featureMap])
                    foreach (var datagram in ways.Datagrams(seen, moment, sample))
                        if (await sender.SendAsync(datagram, cancellationToken)) sent = sent.With(datagram.Length);
                sent = sent with { Moments = sent.Moments + 1 };
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped as asked.
        }

        return sent with { Missed = schedule.Missed };
    }

    private static CameraConfig ConfigOf(ParseResult parsed)
    {
        var camera = parsed.GetValue(s_camera)!;
        var view = parsed.GetValue(s_views) is { } file ? DemoViews.Load(file.FullName).Find(camera) : null;
        var config = new CameraConfig
        {
            Camera = camera,
            View = view?.View ?? 0,
            RateHz = parsed.GetValue(s_rate),
            Destination = parsed.GetValue(s_to)!,
            Source = new FrameSourceConfig
            {
                Kind = parsed.GetValue(s_source),
                Path = parsed.GetValue(s_path)!,
                Labels = parsed.GetValue(s_labels)!,
                Transform = view?.Transform,
            },
        };
        var faults = config.Faults().ToList();
        if (!FrameSources.GivesFrames(config.Source.Kind))
            faults.Add($"--source {config.Source.Kind}: allowed are those that give frames: Idx, Images, Ffmpeg");
        if (config.Gateways.Count != 1) faults.Add($"--to {config.Destination}: allowed is one host:port");
        return faults.Count == 0 ? config : throw new AggregateException(faults.Select(fault => new UsageException(fault)));
    }

    /// <summary>What was sent.</summary>
    private readonly record struct Sent(long Moments, long Datagrams, long Bytes, long Missed)
    {
        public Sent With(int bytes) => this with { Datagrams = Datagrams + 1, Bytes = Bytes + bytes };
    }

    /// <summary>One of the two vectors, and the ways in which it is sent.</summary>
    private sealed class Ways : IDisposable
    {
        private readonly VisionModel _model;
        private readonly TokenExtractor _extractor;
        private readonly VectorCutter[] _cutters;

        private Ways(VisionModel model, VectorKind what, int view)
        {
            _model = model;
            _extractor = model.CreateExtractor();
            _cutters = [new VectorCutter(what, VectorFormat.Int8, view), new VectorCutter(what, VectorFormat.Fp32, view)];
        }

        public FrameShape Shape => _model.Shape;

        public static Ways Load(VectorKind what, string folder, int view) =>
            new(VisionModel.Load(Path.Combine(new CameraOptions().ModelFolder, "experiments", folder)), what, view);

        // Each is valid until the next is asked for.
        public IEnumerable<ReadOnlyMemory<byte>> Datagrams(Frame frame, long moment, Sample sample)
        {
            var vector = _extractor.Extract(frame);
            foreach (var cutter in _cutters)
            {
                var count = cutter.Cut(vector.Span, moment, sample.TakenAt.UnixSeconds, sample.Label);
                for (var i = 0; i < count; i++) yield return cutter.Datagram(i);
            }
        }

        public void Dispose()
        {
            _extractor.Dispose();
            _model.Dispose();
        }
    }
}
