using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>One run of <c>jtfa model collect</c>: the views' frames, tick by tick, through the backbone.</summary>
public sealed class CaptureRun : IAsyncDisposable
{
    // Of one array of a capture: Npz reads so much.
    private const long MostBytes = 1 << 27;

    private readonly List<ViewRun> _views = [];
    private readonly TimeProvider _time;
    private readonly double _rateHz;

    private CaptureRun(TimeProvider time, double rateHz) => (_time, _rateHz) = (time, rateHz);

    /// <summary>Frames left out because the backbone's numbers for them were not finite.</summary>
    public int LeftOut { get; private set; }

    /// <summary>What was captured so far.</summary>
    public Capture Captured => new([.. _views.Select(view => view.Captured)]);

    /// <summary>Opens the views' sources.</summary>
    /// <param name="backbone">Makes the vectors; it is used, not owned.</param>
    /// <param name="description">How it is fed.</param>
    /// <param name="sources">Of each view number, where frames come from.</param>
    /// <param name="rateHz">Captures a second; images of a folder are taken as fast as they go.</param>
    /// <param name="options">The ffmpeg program.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends opening.</param>
    /// <exception cref="CameraFaultException">A source cannot be used.</exception>
    public static async Task<CaptureRun> OpenAsync(
        Backbone backbone, ModelDescription description, IReadOnlyDictionary<int, FrameSourceConfig> sources, double rateHz,
        CameraOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var run = new CaptureRun(time, rateHz);
        try
        {
            foreach (var (number, source) in sources)
            {
                IFrameSource opened = source.Kind == FrameSourceKind.Images
                    ? await ImageFolderFrameSource.OpenAsync(source.Path, description.Input.Shape, options, time, cancellationToken)
                    : await FfmpegFrameSource.StartAsync(source, description.Input.Shape, options, time, cancellationToken);
                run._views.Add(new ViewRun(number, opened, new TokenExtractor(
                    description, backbone.CreateRun(), projection: null, backbone.Features)));
            }

            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Captures until all sources have ended, or for so long, or until it is cancelled.</summary>
    /// <param name="length">How long from the first frames on; null: no limit.</param>
    /// <param name="begun">Called when the first frames are in.</param>
    /// <param name="cancellationToken">Ends capturing; what was captured stays.</param>
    /// <exception cref="CameraFaultException">A source broke; what was captured stays.</exception>
    public async Task RunAsync(TimeSpan? length, Action begun, CancellationToken cancellationToken)
    {
        var start = default(long?);
        for (var tick = 0L; length is not { } limit || tick < limit.TotalSeconds * _rateHz; tick++)
        {
            if (start is { } from && _views.Any(view => view.IsPaced))
            {
                var early = TimeSpan.FromSeconds(tick / _rateHz) - _time.GetElapsedTime(from);
                if (early > TimeSpan.Zero) await Task.Delay(early, _time, cancellationToken);
            }

            var taken = await Task.WhenAll(_views.Select(view => view.TakeAsync(tick, cancellationToken)));
            if (start is null) begun();
            start ??= _time.GetTimestamp();
            LeftOut += taken.Count(one => one == Taken.LeftOut);
            if (Array.TrueForAll(taken, one => one == Taken.Ended)) return;
            if (_views.Any(view => view.Bytes > MostBytes)) return;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var view in _views) await view.DisposeAsync();
    }

    private enum Taken
    {
        Vector,
        LeftOut,
        Ended,
    }

    private sealed class ViewRun(int number, IFrameSource source, TokenExtractor extractor) : IAsyncDisposable
    {
        private readonly List<float[]> _vectors = [];
        private readonly List<long> _ticks = [];
        private bool _ended;

        public bool IsPaced => !_ended && source is not ImageFolderFrameSource;

        public long Bytes => _vectors.Count == 0 ? 0 : (long)_vectors.Count * _vectors[0].Length * sizeof(float);

        public CapturedView Captured => new(number, [.. _vectors], [.. _ticks]);

        public async Task<Taken> TakeAsync(long tick, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_ended || await NextAsync(tick, cancellationToken) is not { } frame)
            {
                _ended = true;
                return Taken.Ended;
            }

            if (!extractor.TryExtract(frame, out var vector)) return Taken.LeftOut;
            _vectors.Add(vector.ToArray());
            _ticks.Add(tick);
            return Taken.Vector;
        }

        public async ValueTask DisposeAsync()
        {
            await source.DisposeAsync();
            extractor.Dispose();
        }

        // Each image once, and in order: neighbours are often alike, and the part that is held out is to be of others.
        private async ValueTask<Frame?> NextAsync(long tick, CancellationToken cancellationToken) =>
            source is ImageFolderFrameSource images
                ? tick < images.Count ? images[(int)tick] : null
                : (await source.NextAsync(tick, cancellationToken))?.Frame;
    }
}
