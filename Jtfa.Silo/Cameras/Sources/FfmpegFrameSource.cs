using System.Threading.Channels;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// Any input of ffmpeg: a V4L2 camera, an RTSP stream, a file. A reader empties ffmpeg's pipe and keeps the newest frame only, so
/// that there is never a backlog; a tick takes it, or, when the last tick has taken it already, the next frame to come. A frame's
/// time is when its last byte came out of ffmpeg. The source is exhausted when ffmpeg ends well.
/// </summary>
public sealed class FfmpegFrameSource : IFrameSource
{
    private readonly FfmpegProcess _process;
    private readonly string _input;
    private readonly FrameShape _shape;
    private readonly TimeProvider _time;
    private readonly TimeSpan _stallTimeout;
    private readonly Channel<(Frame Frame, CaptureTime TakenAt)> _newest;
    private readonly Channel<Frame> _free;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private Frame? _taken;

    private FfmpegFrameSource(FfmpegProcess process, string input, FrameShape shape, TimeSpan stallTimeout, TimeProvider time)
    {
        _process = process;
        _input = input;
        _shape = shape;
        _time = time;
        _stallTimeout = stallTimeout;
        _free = Channel.CreateUnbounded<Frame>();
        _newest = Channel.CreateBounded<(Frame Frame, CaptureTime TakenAt)>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest },
            dropped => _free.Writer.TryWrite(dropped.Frame));
        _reading = ReadAsync(_stop.Token);
    }

    /// <summary>Operating system's number of the ffmpeg process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>
    /// Starts ffmpeg. A regular file is played whole, at its own speed. Any other input counts as live and gets nobuffer: without it ffmpeg
    /// holds each frame back until the next has come; with it the frames that ffmpeg probes when it opens are lost.
    /// </summary>
    /// <param name="input">What follows -i.</param>
    /// <param name="inputOptions">Options before -i, separated by blanks; quotes keep blanks together.</param>
    /// <param name="shape">Size that ffmpeg scales to.</param>
    /// <param name="options">The ffmpeg program and the stall timeout.</param>
    /// <param name="time">Tells when a frame came.</param>
    /// <exception cref="CameraFaultException">ffmpeg cannot be started, or a quote in the options is not closed.</exception>
    public static FfmpegFrameSource Start(
        string input, string inputOptions, FrameShape shape, CameraOptions options, TimeProvider time)
    {
        var before = CommandLineWords.Split(inputOptions, "Source.InputOptions");
        var isFile = File.Exists(input) && !input.StartsWith("/dev/", StringComparison.Ordinal);
        string[] pace = isFile ? ["-re"] : ["-fflags", "nobuffer"];
        string[] source = isFile ? FfmpegInput.File(input, before) : [.. before, "-i", input];
        var process = FfmpegProcess.Start(options.Ffmpeg,
            [.. pace, .. source, "-map", "0:v:0", "-vf", FfmpegProcess.ScaleFilter(shape), .. FfmpegProcess.RawOutput(shape)]);
        return new FfmpegFrameSource(process, input, shape, options.StallTimeout, time);
    }

    /// <inheritdoc/>
    public async ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken)
    {
        if (_taken is not null) _free.Writer.TryWrite(_taken);
        _taken = null;
        if (!await WaitForFrameAsync(cancellationToken)) return null;
        (_taken, var takenAt) = await _newest.Reader.ReadAsync(cancellationToken);
        return new Sample(takenAt, -1, _taken, default);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _process.StopAsync();
        await _reading;
        await _process.DisposeAsync();
        _stop.Dispose();
    }

    private async ValueTask<bool> WaitForFrameAsync(CancellationToken cancellationToken)
    {
        var waiting = _newest.Reader.WaitToReadAsync(cancellationToken);
        if (waiting.IsCompleted) return await waiting;
        try
        {
            return await waiting.AsTask().WaitAsync(_stallTimeout, _time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new CameraFaultException(
                $"ffmpeg gave no frame of '{_input}' for {_stallTimeout.TotalSeconds:0.#} s: see that the camera or stream runs", e);
        }
    }

    /// <summary>Runs until ffmpeg's output ends; what went wrong reaches the consumer through the channel, after the last frame.</summary>
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var frames = 0L;
            while (await ReadFrameAsync(cancellationToken)) frames++;
            var (exitCode, lastError) = await _process.WaitAsync(cancellationToken);
            _newest.Writer.Complete(FaultOf(exitCode, lastError, frames));
        }
        catch (OperationCanceledException)
        {
            _newest.Writer.TryComplete(); // the source is being disposed: nobody reads on
        }
        catch (IOException e)
        {
            _newest.Writer.TryComplete(new CameraFaultException(
                $"The pipe from ffmpeg on '{_input}' broke ({e.Message}): start the camera again", e));
        }
    }

    private async ValueTask<bool> ReadFrameAsync(CancellationToken cancellationToken)
    {
        if (!_free.Reader.TryRead(out var frame)) frame = new Frame(_shape);
        var got = await _process.Output.ReadAtLeastAsync(frame.Pixels, frame.Pixels.Length, throwOnEndOfStream: false, cancellationToken);
        if (got < frame.Pixels.Length) return false;
        await _newest.Writer.WriteAsync((frame, CaptureTime.Now(_time)), cancellationToken);
        return true;
    }

    private CameraFaultException? FaultOf(int exitCode, string lastError, long frames)
    {
        var said = lastError.Length == 0 ? "" : $": {lastError}";
        if (exitCode != 0)
            return new CameraFaultException(
                $"ffmpeg on '{_input}' ended with exit code {exitCode}{said} (check Source.Path and Source.InputOptions)");
        return frames == 0 ? new CameraFaultException($"ffmpeg found no frame in '{_input}'{said} (check Source.Path)") : null;
    }
}
